//! The examples run and find their own assertions true.

#[path = "../examples/gateway.rs"]
mod gateway;

#[test]
fn the_gateway_decides_as_it_says() {
    gateway::main().unwrap();
}
