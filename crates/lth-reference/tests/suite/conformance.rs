//! The reference passes the checks of every engine.

lth_reference::conformance_tests!(lth_reference::ReferenceEngine);
