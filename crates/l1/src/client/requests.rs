//! Any method, one call or many at once, for what has no method of its own here.

use super::{L1Client, L1Error, Reading, wire::Call};
use crate::access::Fault;
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

impl L1Client {
    /// What a node answers to a method.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn request<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, L1Error> {
        let mut answers = self.request_all(&[(method, params)]).await?;
        // As many answers as questions: that was checked when they were read.
        let none = || L1Error::Unreachable {
            method,
            tried: "it lacks an answer".to_owned(),
            last: Fault::Unreadable("it lacks an answer".to_owned()),
        };
        answers.pop().ok_or_else(none)?
    }

    /// What a node answers to several questions, as [`L1Client::read_all`] has it.
    ///
    /// # Errors
    ///
    /// [`L1Error`] if there is no answer at all.
    pub async fn request_all<T: DeserializeOwned>(
        &self,
        questions: &[(&'static str, Value)],
    ) -> Result<Vec<Result<T, L1Error>>, L1Error> {
        let parse = |_: usize, answer: &RawValue| {
            let value = serde_json::from_str(answer.get());
            value.map_err(|error| Fault::Unreadable(error.to_string()))
        };
        self.read_all(questions, &parse).await
    }

    /// Asks anything: one value a question, in order, or [`L1Error::Refused`] in its place if the node
    /// has an answer and it is no. `read` makes a value of the answer to the question at a place; where it
    /// says a fault, the endpoint rests and another one is asked. Questions go in batches of
    /// `L1Limits::batch`, so those of different batches may be answered at different blocks.
    ///
    /// # Errors
    ///
    /// [`L1Error`], if nobody answers.
    pub async fn read_all<T>(
        &self,
        questions: &[(&'static str, Value)],
        read: Reading<'_, T>,
    ) -> Result<Vec<Result<T, L1Error>>, L1Error> {
        let calls = questions.iter().map(|(method, params)| Call::plain(method, params.clone()));
        let calls: Vec<Call> = calls.collect();
        let values = self.ask_reading(&calls, read).await?.values;
        let named = calls.iter().zip(values);
        Ok(named.map(|(call, answer)| answer.map_err(|no| no.into_error(call.method))).collect())
    }
}
