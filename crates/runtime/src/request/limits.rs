//! Limits of a request. Beyond one is the error `limit-exceeded`; nothing is cut short.

/// Bytes of a request's JSON text; also of action, resource, account, context keys and values together when it comes through the API.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Context keys of a request.
pub const CONTEXT_KEYS_MAX: usize = 512;
/// Elements of a multivalued context key.
pub const ELEMENTS_MAX: usize = 1024;
/// Bytes of one context value.
pub const VALUE_BYTES_MAX: usize = 8 * 1024;
/// Bytes of the resource.
pub const RESOURCE_BYTES_MAX: usize = 2 * 1024;
/// Bytes of the caller's ARN or name.
pub const PRINCIPAL_BYTES_MAX: usize = 2 * 1024;
/// Nesting of a request's JSON text.
pub const NESTING_MAX: usize = 32;
