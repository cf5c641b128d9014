use super::*;

#[test]
fn an_account_survives_with_and_without_code() {
    let plain =
        Account { nonce: 7, balance: U256::from(10).pow(U256::from(22)), ..Account::default() };
    let contract = Account { code_hash: B256::repeat_byte(3), ..plain };
    for account in [plain, contract, Account::default()] {
        assert_eq!(decode_account(&encode_account(&account)).unwrap(), account);
    }
    assert!(encode_account(&plain).len() < 16);
    assert!(decode_account(&[0xc3, 1, 2, 0x01]).is_err());
}

#[test]
fn a_value_has_no_leading_zeros_and_at_most_32_bytes() {
    for value in [U256::ZERO, U256::from(256), U256::MAX] {
        assert_eq!(decode_value(&encode_value(value)).unwrap(), value);
    }
    assert!(encode_value(U256::ZERO).is_empty());
    assert!(decode_value(&[1; 33]).is_err());
}

#[test]
fn a_body_is_encoded_alike_from_a_block_and_as_itself() {
    for withdrawals in [None, Some(Vec::new()), Some(vec![Withdrawal::default()])] {
        let block = Block {
            header: Header::default(),
            transactions: Vec::new(),
            ommers: vec![Header::default()],
            withdrawals: withdrawals.clone(),
        };
        let bytes = encode_body(&vec![Address::ZERO], &block);
        let body: Body = decode(&bytes, "body").unwrap();
        assert_eq!(body.withdrawals, withdrawals);
        assert_eq!(alloy_rlp::encode(&body), bytes);
    }
}

#[test]
fn receipts_survive_and_their_bloom_comes_back() {
    let logs =
        vec![Log::new(Address::repeat_byte(1), vec![B256::repeat_byte(2)], Bytes::new()).unwrap()];
    let receipt = |ty, status, deposit| Receipt {
        ty,
        status,
        cumulative_gas_used: 21_000,
        bloom: logs_bloom(&logs),
        logs: logs.clone(),
        deposit,
    };
    let receipts = [
        receipt(0, Eip658Value::PostState(B256::repeat_byte(9)), None),
        receipt(2, Eip658Value::Eip658(true), None),
        receipt(2, Eip658Value::Eip658(false), None),
        receipt(126, Eip658Value::Eip658(true), Some(DepositReceipt { nonce: 5, version: 1 })),
    ];
    assert_eq!(decode_receipts(&encode_receipts(&receipts)).unwrap(), receipts);
}
