//! Memory that is given back to the system.

use std::ffi::c_void;

/// Lets go of the pages of the program's own code and constants. They are the file's, which the system has in its cache: what
/// is still used comes back page by page, and what only the start needed (the command line, the parser, the tables of the
/// manual) does not count as memory of this process any more.
pub fn release_program() {
    #[cfg(target_os = "linux")]
    // SAFETY: the callback is given valid information on each object, and keeps none of it.
    unsafe {
        libc::dl_iterate_phdr(Some(release_object), std::ptr::null_mut());
    }
}

/// Lets go of the segments of one object that can not be written, and so are as they are in the file.
#[cfg(target_os = "linux")]
extern "C" fn release_object(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut c_void,
) -> libc::c_int {
    const PAGE: usize = 4096;
    // SAFETY: the dynamic linker says what is loaded, and waits until this returns.
    let (base, headers, name) = unsafe {
        let info = &*info;
        if info.dlpi_phdr.is_null() {
            return 0;
        }
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into());
        let name = if info.dlpi_name.is_null() { 0 } else { *info.dlpi_name };
        (info.dlpi_addr, headers, name)
    };
    // The program has no name and libraries have a path. What the kernel itself gives is no file.
    if name != 0 && name != b'/' as libc::c_char {
        return 0;
    }
    for header in headers {
        if header.p_type != libc::PT_LOAD || header.p_flags & libc::PF_W != 0 {
            continue;
        }
        let start = usize::try_from(base.wrapping_add(header.p_vaddr)).unwrap_or(0);
        let end = start.saturating_add(usize::try_from(header.p_memsz).unwrap_or(0));
        let (start, end) = (start.next_multiple_of(PAGE), end & !(PAGE - 1));
        if start < end {
            // SAFETY: a private mapping of a file that was never written: its pages are read again when they are needed. A
            // refusal changes nothing.
            unsafe {
                libc::madvise(start as *mut c_void, end - start, libc::MADV_DONTNEED);
            }
        }
    }
    0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Octets of the own program that are in memory.
    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    #[test]
    fn code_is_let_go_and_comes_back() {
        let before = resident();
        release_program();
        assert!(resident() < before, "{before} kB");
        // It still runs: so do the others.
        release_program();
    }
}
