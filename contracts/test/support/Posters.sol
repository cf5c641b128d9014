// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.26;

import {IBatchInbox} from "../../src/interfaces/IBatchInbox.sol";

/// A contract between an account and the inbox; also what a 7702 account may delegate to.
contract Forwarder {
    IBatchInbox private immutable INBOX;

    constructor(IBatchInbox inbox) {
        INBOX = inbox;
    }

    function post(IBatchInbox.BatchHeader calldata header) external {
        INBOX.post(header);
    }

    function postCalldata(IBatchInbox.BatchHeader calldata header, bytes calldata data) external {
        INBOX.postCalldata(header, data);
    }
}

/// A contract that posts before it has code.
contract PostsWhileConstructed {
    constructor(IBatchInbox inbox, IBatchInbox.BatchHeader memory header) {
        inbox.postCalldata(header, "data");
    }
}
