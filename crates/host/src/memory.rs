//! The allocator.

/// Requests allocate a lot of small things for a short time: this takes a tenth off their cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Returns to the system what nobody holds any more. The allocator would keep it for the next time; to compile
/// components takes hundreds of megabytes, and the next time may be in a month.
pub fn give_back() {
    // SAFETY: it may be called at any time; what is allocated stays where it is.
    #[allow(unsafe_code)]
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}
