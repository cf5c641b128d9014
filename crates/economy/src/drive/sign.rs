//! Signs what was planned.

use crate::{action::Form, contracts::Request, error::TrafficError, flights::Price};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;

/// Gas that an address in an access list costs beforehand (EIP-2930).
const LISTED_ADDRESS: u64 = 2_400;

/// Where a transaction goes and what it pays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    pub(super) chain_id: u64,
    pub(super) nonce: u64,
    pub(super) gas_limit: u64,
    pub(super) price: Price,
    /// Whom the sender's account delegates to, where the form says that it does; zero ends it.
    pub(super) delegate: Address,
}

/// The signed transaction in its network form, and its hash.
pub(super) fn sign(
    signer: &PrivateKeySigner,
    form: Form,
    request: &Request,
    ticket: &Ticket,
) -> Result<(Bytes, B256), TrafficError> {
    let Ticket { chain_id, nonce, gas_limit, price, .. } = *ticket;
    let Price { max_fee, priority_fee } = price;
    let Request { value, ref input, .. } = *request;
    let (input, to) = (input.clone(), request.to.map_or(TxKind::Create, TxKind::Call));
    let gas_price = max_fee;
    match form {
        Form::Legacy => {
            let chain_id = Some(chain_id);
            finish(signer, TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input })
        }
        Form::AccessList => {
            let access_list = listed(request.to);
            let listed = u64::try_from(access_list.0.len()).unwrap_or_default();
            let gas_limit = gas_limit.saturating_add(listed.saturating_mul(LISTED_ADDRESS));
            let transaction =
                TxEip2930 { chain_id, nonce, gas_price, gas_limit, to, value, access_list, input };
            finish(signer, transaction)
        }
        Form::Fees => finish(
            signer,
            TxEip1559 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: max_fee,
                max_priority_fee_per_gas: priority_fee,
                to,
                value,
                access_list: AccessList::default(),
                input,
            },
        ),
        Form::Delegation => finish(
            signer,
            TxEip7702 {
                chain_id,
                nonce,
                gas_limit,
                max_fee_per_gas: max_fee,
                max_priority_fee_per_gas: priority_fee,
                to: request.to.unwrap_or_default(),
                value,
                access_list: AccessList::default(),
                authorization_list: vec![authorize(signer, ticket)?],
                input,
            },
        ),
    }
}

/// The sender's own account delegates: its nonce is by one higher when that is looked at.
fn authorize(
    signer: &PrivateKeySigner,
    ticket: &Ticket,
) -> Result<SignedAuthorization, TrafficError> {
    let authorization = Authorization {
        chain_id: U256::from(ticket.chain_id),
        address: ticket.delegate,
        nonce: ticket.nonce.saturating_add(1),
    };
    let signature = hash_signed(signer, &authorization.signature_hash())?;
    Ok(authorization.into_signed(signature))
}

fn listed(to: Option<Address>) -> AccessList {
    let item = |address| AccessListItem { address, storage_keys: Vec::new() };
    AccessList(to.map(item).into_iter().collect())
}

fn finish<T>(signer: &PrivateKeySigner, transaction: T) -> Result<(Bytes, B256), TrafficError>
where
    T: SignableTransaction<Signature> + alloy_consensus::transaction::RlpEcdsaEncodableTx,
{
    let signature = hash_signed(signer, &transaction.signature_hash())?;
    let signed = transaction.into_signed(signature);
    Ok((signed.encoded_2718().into(), *signed.hash()))
}

fn hash_signed(signer: &PrivateKeySigner, hash: &B256) -> Result<Signature, TrafficError> {
    signer.sign_hash_sync(hash).map_err(|error| TrafficError::Sign(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::Gas;
    use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
    use alloy_eips::eip2718::Decodable2718;

    #[test]
    fn every_form_is_a_transaction_of_its_type_by_its_sender() {
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(3)).unwrap();
        let request = Request {
            to: Some(Address::repeat_byte(9)),
            value: U256::from(5),
            input: Bytes::from_static(&[1, 2]),
            gas: Gas::Limit(50_000),
        };
        let ticket = Ticket {
            chain_id: 901,
            nonce: 7,
            gas_limit: 50_000,
            price: Price { max_fee: 30, priority_fee: 2 },
            delegate: Address::repeat_byte(8),
        };
        let forms = [Form::Legacy, Form::AccessList, Form::Fees, Form::Delegation];
        for (form, kind) in forms.into_iter().zip([0, 1, 2, 4]) {
            let (raw, hash) = sign(&signer, form, &request, &ticket).unwrap();
            let read = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
            assert_eq!((read.tx_type() as u8, *read.tx_hash()), (kind, hash));
            assert_eq!(read.recover_signer().unwrap(), signer.address());
            assert_eq!((read.chain_id(), read.nonce()), (Some(901), 7));
            assert_eq!((read.to(), read.value()), (request.to, request.value));
            let extra = if form == Form::AccessList { LISTED_ADDRESS } else { 0 };
            assert_eq!(read.gas_limit(), 50_000 + extra);
            for authorization in read.authorization_list().unwrap_or_default() {
                assert_eq!(authorization.recover_authority().unwrap(), signer.address());
                assert_eq!((authorization.nonce, authorization.address), (8, ticket.delegate));
            }
        }
    }
}
