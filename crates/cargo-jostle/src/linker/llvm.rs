//! The toolchain's own LLVM, called through its C interface: bitcode in, an instrumented
//! machine code object out.
//!
//! This is the only file of the crate with unsafe code. Its invariants:
//!
//! - The library is never unloaded while an [`Llvm`] lives, and the function pointers in
//!   [`Api`] are reached through it only.
//! - Each call of [`Llvm::instrument`] has a context of its own, and nothing of a context
//!   leaves the call. LLVM allows contexts to be used at the same time on different
//!   threads.
//! - Whatever LLVM hands out to be freed is owned by an [`Owned`] value, which frees it
//!   once, in the reverse order of creation.
//!
//! The signatures are those of LLVM's `llvm-c` headers. Their names and arguments have
//! been stable for years; a missing one is reported as such when the library is loaded.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use libloading::Library;

use super::assembly::Template;
use super::errors;

/// An object of LLVM's, known by its address only.
type Ref = *mut c_void;

/// What LLVM calls with each diagnostic of a context.
type DiagnosticHandler = unsafe extern "C" fn(Ref, *mut c_void);

/// What LLVM calls with the reason before it ends the process.
type FatalErrorHandler = unsafe extern "C" fn(*const c_char);

macro_rules! api {
    ($($name:ident($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions of the library that are used here.
        #[allow(non_snake_case)]
        struct Api {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Api {
            /// Looks up every function.
            ///
            /// # Safety
            ///
            /// `library` is LLVM, and is kept loaded as long as the result is used.
            unsafe fn load(library: &Library) -> Result<Self, libloading::Error> {
                Ok(Self {
                    $($name: {
                        let name = concat!(stringify!($name), "\0").as_bytes();
                        // SAFETY: the caller says that the library is LLVM, whose header
                        // declares the function with this type.
                        *unsafe { library.get(name) }?
                    },)*
                })
            }
        }
    };
}

api! {
    LLVMAddAttributeAtIndex(Ref, c_uint, Ref);
    LLVMContextCreate() -> Ref;
    LLVMContextDispose(Ref);
    LLVMContextSetDiagnosticHandler(Ref, DiagnosticHandler, *mut c_void);
    LLVMCreateEnumAttribute(Ref, c_uint, u64) -> Ref;
    LLVMCreateMemoryBufferWithMemoryRangeCopy(*const c_char, usize, *const c_char) -> Ref;
    LLVMCreatePassBuilderOptions() -> Ref;
    LLVMCreateTargetMachine(Ref, *const c_char, *const c_char, *const c_char, c_uint, c_uint, c_uint) -> Ref;
    LLVMDisposeMemoryBuffer(Ref);
    LLVMDisposeMessage(*mut c_char);
    LLVMDisposeModule(Ref);
    LLVMDisposePassBuilderOptions(Ref);
    LLVMDisposeTargetMachine(Ref);
    LLVMGetBufferSize(Ref) -> usize;
    LLVMGetBufferStart(Ref) -> *const c_char;
    LLVMGetCalledValue(Ref) -> Ref;
    LLVMGetDiagInfoDescription(Ref) -> *mut c_char;
    LLVMGetDiagInfoSeverity(Ref) -> c_uint;
    LLVMGetEnumAttributeAtIndex(Ref, c_uint, c_uint) -> Ref;
    LLVMGetEnumAttributeKindForName(*const c_char, usize) -> c_uint;
    LLVMGetErrorMessage(Ref) -> *mut c_char;
    LLVMDisposeErrorMessage(*mut c_char);
    LLVMGetFirstBasicBlock(Ref) -> Ref;
    LLVMGetFirstFunction(Ref) -> Ref;
    LLVMGetFirstInstruction(Ref) -> Ref;
    LLVMGetInlineAsmAsmString(Ref, *mut usize) -> *const c_char;
    LLVMGetInlineAsmConstraintString(Ref, *mut usize) -> *const c_char;
    LLVMGetInstructionOpcode(Ref) -> c_uint;
    LLVMGetModuleInlineAsm(Ref, *mut usize) -> *const c_char;
    LLVMGetNamedFunction(Ref, *const c_char) -> Ref;
    LLVMGetNextBasicBlock(Ref) -> Ref;
    LLVMGetNextFunction(Ref) -> Ref;
    LLVMGetNextInstruction(Ref) -> Ref;
    LLVMGetSection(Ref) -> *const c_char;
    LLVMGetStringAttributeAtIndex(Ref, c_uint, *const c_char, c_uint) -> Ref;
    LLVMGetStringAttributeValue(Ref, *mut c_uint) -> *const c_char;
    LLVMGetTarget(Ref) -> *const c_char;
    LLVMGetTargetFromTriple(*const c_char, *mut Ref, *mut *mut c_char) -> c_int;
    LLVMGetValueName2(Ref, *mut usize) -> *const c_char;
    LLVMGetVersion(*mut c_uint, *mut c_uint, *mut c_uint);
    LLVMInitializeX86AsmParser();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInstallFatalErrorHandler(FatalErrorHandler);
    LLVMIsAInlineAsm(Ref) -> Ref;
    LLVMIsDeclaration(Ref) -> c_int;
    LLVMParseBitcodeInContext2(Ref, Ref, *mut Ref) -> c_int;
    LLVMRunPasses(Ref, *const c_char, Ref, Ref) -> Ref;
    LLVMSetSection(Ref, *const c_char);
    LLVMTargetMachineEmitToMemoryBuffer(Ref, Ref, c_uint, *mut *mut c_char, *mut Ref) -> c_int;
}

/// The attribute list of the function itself, not of an argument.
const FUNCTION: c_uint = c_uint::MAX;
/// `LLVMOpcode` of the three instructions that call.
const CALLS: [c_uint; 3] = [45, 5, 67];
/// `LLVMCodeGenLevelDefault`: machine code as for `-O2`.
const CODEGEN_LEVEL: c_uint = 2;
/// `LLVMRelocPIC`.
const POSITION_INDEPENDENT: c_uint = 2;
/// `LLVMCodeModelDefault`.
const CODE_MODEL: c_uint = 0;
/// `LLVMObjectFile`.
const OBJECT_FILE: c_uint = 1;
/// `LLVMDSError`.
const ERROR: c_uint = 0;
/// The passes of ThreadSanitizer: a constructor for the module, calls in each function.
const PASSES: &CStr = c"tsan-module,function(tsan)";

/// Why LLVM could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The library is not there, or lacks a function.
    #[error(
        "{path} cannot be used as LLVM's C interface ({source}); install the toolchain with rustup"
    )]
    Library {
        /// The library.
        path: PathBuf,
        /// What the dynamic linker says.
        source: libloading::Error,
    },
    /// The library cannot make code for this machine.
    #[error("the toolchain's LLVM has no {0}; use a toolchain for x86_64-unknown-linux-gnu")]
    Lacks(&'static str),
    /// The bitcode is for another machine.
    #[error(
        "the object is for `{0}`; only x86_64-unknown-linux-gnu can be instrumented: pass `--target x86_64-unknown-linux-gnu`"
    )]
    Target(String),
    /// LLVM refused the bitcode.
    #[error(
        "LLVM cannot instrument the object: {0}; if it was made by another compiler than this toolchain's (`clang -flto`), build it without link-time optimization"
    )]
    Module(String),
}

/// What came of one module.
#[derive(Debug)]
pub(crate) struct Instrumented {
    /// A relocatable ELF object.
    pub(crate) object: Vec<u8>,
    /// How many functions were marked.
    pub(crate) functions: usize,
    /// Every assembly that stands in the module.
    pub(crate) assembly: Vec<Template>,
}

/// The libraries whose tables are filled. They stay loaded until the process ends.
static LOADED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A loaded LLVM.
pub(crate) struct Llvm {
    api: Api,
    target: Target,
    // Dropped last: the pointers above lead into it.
    _library: Library,
}

/// A target of LLVM's: immutable data of the library.
struct Target(Ref);

// SAFETY: a target is a constant that LLVM registers once; functions only read it.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

/// Something that LLVM hands out to be freed, and how.
struct Owned {
    this: Ref,
    free: unsafe extern "C" fn(Ref),
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: `Owned` is made right where LLVM hands `this` over, with the function
        // that LLVM names for it, and is neither copied nor taken apart.
        unsafe { (self.free)(self.this) }
    }
}

/// Keeps the errors of a context. `messages` is the `Diagnostics` of `instrument`.
///
/// Without a handler LLVM ends the process at the first error.
unsafe extern "C" fn on_diagnostic(info: Ref, messages: *mut c_void) {
    let (api, messages) = {
        // SAFETY: `instrument` registers this function with a pointer to its own
        // `Diagnostics`, which it keeps until the context is gone, and which nobody else
        // touches while LLVM runs.
        let diagnostics = unsafe { &mut *messages.cast::<Diagnostics<'_>>() };
        (diagnostics.api, &mut diagnostics.messages)
    };
    // SAFETY: `info` is a diagnostic that LLVM lends for this call.
    if unsafe { (api.LLVMGetDiagInfoSeverity)(info) } != ERROR {
        return;
    }
    // SAFETY: as above; the text is ours and freed by `take`.
    messages.push(unsafe {
        take(
            (api.LLVMGetDiagInfoDescription)(info),
            api.LLVMDisposeMessage,
        )
    });
}

/// Says why LLVM is about to end the process, as it does where it has no way to go on.
unsafe extern "C" fn on_fatal_error(reason: *const c_char) {
    // SAFETY: `reason` is a C string that LLVM lends for this call.
    let reason = unsafe { CStr::from_ptr(reason) }.to_string_lossy();
    errors::report(&format!(
        "LLVM cannot go on: {reason}; report it with the program that is linked"
    ));
}

/// Where the errors of one context go.
struct Diagnostics<'a> {
    api: &'a Api,
    messages: Vec<String>,
}

/// The text of a message that LLVM hands over.
///
/// # Safety
///
/// `message` is null or a text of LLVM's that `free` frees, and nobody else uses it.
unsafe fn take(message: *mut c_char, free: unsafe extern "C" fn(*mut c_char)) -> String {
    if message.is_null() {
        return String::from("no reason given");
    }
    // SAFETY: the caller says that it is a text that ends with a zero byte.
    let text = unsafe { CStr::from_ptr(message) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: the caller hands it over.
    unsafe { free(message) };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Llvm {
    /// Loads the library at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self, Fault> {
        let fault = |source| Fault::Library {
            path: path.to_owned(),
            source,
        };
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the initializers of LLVM register passes and options and touch nothing
        // of this program.
        let library = unsafe { Library::new(path) }.map_err(fault)?;
        // SAFETY: a library that exports these names is LLVM; it is kept in `Self`.
        let api = unsafe { Api::load(&library) }.map_err(fault)?;
        if !loaded.iter().any(|it| it == path) {
            // SAFETY: they take no arguments but a function that lives as long as the
            // process. They write to tables of the library that
            // nobody reads at the same time: the lock is held, and no `Llvm` of this
            // library was handed out before.
            unsafe {
                (api.LLVMInitializeX86TargetInfo)();
                (api.LLVMInitializeX86Target)();
                (api.LLVMInitializeX86TargetMC)();
                (api.LLVMInitializeX86AsmPrinter)();
                (api.LLVMInitializeX86AsmParser)();
                (api.LLVMInstallFatalErrorHandler)(on_fatal_error);
            }
            // SAFETY: as above. This handle is never closed, so that the tables stay.
            std::mem::forget(unsafe { Library::new(path) }.map_err(fault)?);
            loaded.push(path.to_owned());
        }
        drop(loaded);
        let mut target = null_mut();
        let mut message = null_mut();
        // SAFETY: the triple is a C string, and both results are places of ours.
        let failed = unsafe {
            (api.LLVMGetTargetFromTriple)(
                c"x86_64-unknown-linux-gnu".as_ptr(),
                &raw mut target,
                &raw mut message,
            )
        };
        if failed != 0 {
            return Err(Fault::Lacks("code generator for x86-64"));
        }
        Ok(Self {
            api,
            target: Target(target),
            _library: library,
        })
    }

    /// The version of the library, such as `22.1.2`.
    pub(crate) fn version(&self) -> String {
        let (mut major, mut minor, mut patch) = (0, 0, 0);
        // SAFETY: the three are places of ours.
        unsafe {
            (self.api.LLVMGetVersion)(&raw mut major, &raw mut minor, &raw mut patch);
        }
        format!("{major}.{minor}.{patch}")
    }

    /// Instruments a module and makes an object of it.
    ///
    /// A module that calls `__tsan_func_entry` already was instrumented by its compiler
    /// and is only translated: twice would count every access twice.
    pub(crate) fn instrument(&self, bitcode: &[u8]) -> Result<Instrumented, Fault> {
        let api = &self.api;
        let mut diagnostics = Diagnostics {
            api,
            messages: Vec::new(),
        };
        let sink = &raw mut diagnostics;
        // SAFETY: a new context is ours to be disposed of.
        let context = unsafe {
            Owned {
                this: (api.LLVMContextCreate)(),
                free: api.LLVMContextDispose,
            }
        };
        // SAFETY: what `sink` leads to outlives the context, which is dropped below, and
        // is reached in no other way until then.
        unsafe {
            (api.LLVMContextSetDiagnosticHandler)(context.this, on_diagnostic, sink.cast());
        }
        let made = Module::parse(api, &context, bitcode).and_then(|module| {
            module.require_target()?;
            let assembly = module.assembly();
            let sanitized = module.is_sanitized();
            let functions = module.mark(!sanitized)?;
            let machine = module.machine(&self.target)?;
            if !sanitized {
                module.run_passes(&machine)?;
            }
            let object = module.emit(&machine)?;
            Ok(Instrumented {
                object,
                functions,
                assembly,
            })
        });
        drop(context);
        if diagnostics.messages.is_empty() {
            made
        } else {
            Err(Fault::Module(diagnostics.messages.join("; ")))
        }
    }
}

/// A module of a context that is still there.
struct Module<'a> {
    api: &'a Api,
    context: &'a Owned,
    this: Owned,
}

impl<'a> Module<'a> {
    /// Parses bitcode.
    fn parse(api: &'a Api, context: &'a Owned, bitcode: &[u8]) -> Result<Self, Fault> {
        let mut module = null_mut();
        // SAFETY: LLVM copies the bytes; the buffer is freed after the parser, which
        // reads all of it, has returned.
        let failed = unsafe {
            let buffer = Owned {
                this: (api.LLVMCreateMemoryBufferWithMemoryRangeCopy)(
                    bitcode.as_ptr().cast(),
                    bitcode.len(),
                    c"module".as_ptr(),
                ),
                free: api.LLVMDisposeMemoryBuffer,
            };
            (api.LLVMParseBitcodeInContext2)(context.this, buffer.this, &raw mut module)
        };
        if failed != 0 {
            return Err(Fault::Module("its bitcode cannot be read".into()));
        }
        Ok(Self {
            api,
            context,
            this: Owned {
                this: module,
                free: api.LLVMDisposeModule,
            },
        })
    }

    /// Refuses code for another machine or another libc.
    fn require_target(&self) -> Result<(), Fault> {
        // SAFETY: the module lives; its triple is a C string that it owns.
        let triple = unsafe { CStr::from_ptr((self.api.LLVMGetTarget)(self.this.this)) };
        let triple = triple.to_string_lossy();
        if triple.starts_with("x86_64-") && triple.ends_with("-linux-gnu") {
            Ok(())
        } else {
            Err(Fault::Target(triple.into_owned()))
        }
    }

    /// The functions that have a body.
    fn defined(&self) -> impl Iterator<Item = Ref> {
        // SAFETY: the module lives as long as `self`, and no function is removed while
        // the iterator is used.
        let first = unsafe { (self.api.LLVMGetFirstFunction)(self.this.this) };
        // SAFETY: as above.
        chain(first, |function| unsafe {
            (self.api.LLVMGetNextFunction)(function)
        })
        // SAFETY: as above.
        .filter(|&function| unsafe { (self.api.LLVMIsDeclaration)(function) } == 0)
    }

    /// Whether the compiler has instrumented the module.
    fn is_sanitized(&self) -> bool {
        // SAFETY: the module lives; the name is a C string.
        unsafe {
            let entry = c"__tsan_func_entry".as_ptr();
            !(self.api.LLVMGetNamedFunction)(self.this.this, entry).is_null()
        }
    }

    /// Marks what is to be instrumented, if that is asked for, and returns how many
    /// functions are.
    ///
    /// A `naked` function has no frame in which a call could stand.
    ///
    /// Each function also gets a section of its own, as rustc gives them: the linker then
    /// drops what is not used, together with its references to symbols that may not
    /// exist.
    fn mark(&self, instrument: bool) -> Result<usize, Fault> {
        let thread = self
            .kind("sanitize_thread")
            .ok_or(Fault::Lacks("ThreadSanitizer"))?;
        let naked = self
            .kind("naked")
            .ok_or(Fault::Lacks("attribute for naked functions"))?;
        let api = self.api;
        // SAFETY: the context lives, and the kind is one that this LLVM has named.
        let attribute = unsafe { (api.LLVMCreateEnumAttribute)(self.context.this, thread, 0) };
        let mut marked = 0;
        for function in self.defined() {
            // SAFETY: `function` is one of the module's, the attribute of its context,
            // and LLVM copies the name of the section.
            unsafe {
                if (api.LLVMGetSection)(function).is_null() {
                    let mut section = b".text.".to_vec();
                    section.extend(self.name(function));
                    section.push(0);
                    (api.LLVMSetSection)(function, section.as_ptr().cast());
                }
                if (api.LLVMGetEnumAttributeAtIndex)(function, FUNCTION, naked).is_null() {
                    marked += 1;
                    if instrument {
                        (api.LLVMAddAttributeAtIndex)(function, FUNCTION, attribute);
                    }
                }
            }
        }
        Ok(marked)
    }

    /// The number of an attribute, if this LLVM has it.
    fn kind(&self, name: &str) -> Option<c_uint> {
        // SAFETY: pointer and length are those of `name`.
        let kind =
            unsafe { (self.api.LLVMGetEnumAttributeKindForName)(name.as_ptr().cast(), name.len()) };
        (kind != 0).then_some(kind)
    }

    /// The name of a function.
    fn name(&self, function: Ref) -> &[u8] {
        let mut length = 0;
        // SAFETY: `function` belongs to the module, which keeps the name.
        unsafe {
            let name = (self.api.LLVMGetValueName2)(function, &raw mut length);
            bytes(name, length)
        }
    }

    /// A code generator for the processor that the functions of the module ask for.
    ///
    /// Each function carries its processor and features, and the code generator heeds
    /// them. What is set here matters to the assembly of the module and to what the
    /// passes add.
    fn machine(&self, target: &Target) -> Result<Owned, Fault> {
        let setting = |name: &CStr, default: &CStr| {
            self.defined()
                .find_map(|function| self.string_attribute(function, name))
                .unwrap_or_else(|| default.to_bytes_with_nul().to_vec())
        };
        let processor = setting(c"target-cpu", c"x86-64");
        let features = setting(c"target-features", c"");
        // SAFETY: the target is LLVM's, and each text ends with a zero byte; LLVM copies
        // them.
        let machine = unsafe {
            (self.api.LLVMCreateTargetMachine)(
                target.0,
                (self.api.LLVMGetTarget)(self.this.this),
                processor.as_ptr().cast(),
                features.as_ptr().cast(),
                CODEGEN_LEVEL,
                POSITION_INDEPENDENT,
                CODE_MODEL,
            )
        };
        if machine.is_null() {
            return Err(Fault::Lacks("code generator for this processor"));
        }
        Ok(Owned {
            this: machine,
            free: self.api.LLVMDisposeTargetMachine,
        })
    }

    /// The value of a textual attribute, with a zero byte at its end.
    fn string_attribute(&self, function: Ref, name: &CStr) -> Option<Vec<u8>> {
        let length = c_uint::try_from(name.count_bytes()).ok()?;
        // SAFETY: `function` belongs to the module, which keeps the attribute; `length`
        // is that of the value.
        unsafe {
            let attribute =
                (self.api.LLVMGetStringAttributeAtIndex)(function, FUNCTION, name.as_ptr(), length);
            if attribute.is_null() {
                return None;
            }
            let mut length = 0;
            let value = (self.api.LLVMGetStringAttributeValue)(attribute, &raw mut length);
            let mut value = bytes(value, length as usize).to_vec();
            value.push(0);
            Some(value)
        }
    }

    /// Runs the passes of ThreadSanitizer.
    fn run_passes(&self, machine: &Owned) -> Result<(), Fault> {
        let api = self.api;
        // SAFETY: module, machine and options live; an error is ours to be asked for its
        // message, which frees it.
        unsafe {
            let options = Owned {
                this: (api.LLVMCreatePassBuilderOptions)(),
                free: api.LLVMDisposePassBuilderOptions,
            };
            let error =
                (api.LLVMRunPasses)(self.this.this, PASSES.as_ptr(), machine.this, options.this);
            if error.is_null() {
                return Ok(());
            }
            let message = (api.LLVMGetErrorMessage)(error);
            Err(Fault::Module(take(message, api.LLVMDisposeErrorMessage)))
        }
    }

    /// Makes the object.
    fn emit(&self, machine: &Owned) -> Result<Vec<u8>, Fault> {
        let api = self.api;
        let mut message = null_mut();
        let mut buffer = null_mut();
        // SAFETY: module and machine live, and both results are places of ours. On
        // success the buffer is ours, on failure the message.
        unsafe {
            let failed = (api.LLVMTargetMachineEmitToMemoryBuffer)(
                machine.this,
                self.this.this,
                OBJECT_FILE,
                &raw mut message,
                &raw mut buffer,
            );
            if failed != 0 {
                return Err(Fault::Module(take(message, api.LLVMDisposeMessage)));
            }
            let buffer = Owned {
                this: buffer,
                free: api.LLVMDisposeMemoryBuffer,
            };
            let start = (api.LLVMGetBufferStart)(buffer.this);
            Ok(bytes(start, (api.LLVMGetBufferSize)(buffer.this)).to_vec())
        }
    }

    /// Every assembly: that of the module, and each instruction that is some.
    fn assembly(&self) -> Vec<Template> {
        let api = self.api;
        let mut found = Vec::new();
        let mut length = 0;
        // SAFETY: the module lives and keeps the text.
        let text = unsafe {
            bytes(
                (api.LLVMGetModuleInlineAsm)(self.this.this, &raw mut length),
                length,
            )
        };
        if !text.is_empty() {
            found.push(Template::of_module(text));
        }
        for function in self.defined() {
            // SAFETY: nothing is added to or removed from the module while its blocks and
            // instructions are walked, and all belong to it.
            let blocks = chain(
                unsafe { (api.LLVMGetFirstBasicBlock)(function) },
                |block| unsafe { (api.LLVMGetNextBasicBlock)(block) },
            );
            for block in blocks {
                // SAFETY: as above.
                let instructions = chain(
                    unsafe { (api.LLVMGetFirstInstruction)(block) },
                    |instruction| unsafe { (api.LLVMGetNextInstruction)(instruction) },
                );
                for instruction in instructions {
                    if let Some((text, constraints)) = self.inline_assembly(instruction) {
                        found.push(Template::of_function(
                            self.name(function),
                            text,
                            constraints,
                        ));
                    }
                }
            }
        }
        found
    }

    /// Text and constraints of an instruction that is assembly.
    fn inline_assembly(&self, instruction: Ref) -> Option<(&[u8], &[u8])> {
        let api = self.api;
        // SAFETY: the instruction belongs to the module, which keeps both texts. Only
        // instructions that call are asked what they call.
        unsafe {
            if !CALLS.contains(&(api.LLVMGetInstructionOpcode)(instruction)) {
                return None;
            }
            let callee = (api.LLVMGetCalledValue)(instruction);
            if callee.is_null() || (api.LLVMIsAInlineAsm)(callee).is_null() {
                return None;
            }
            let mut length = 0;
            let text = (api.LLVMGetInlineAsmAsmString)(callee, &raw mut length);
            let text = bytes(text, length);
            let constraints = (api.LLVMGetInlineAsmConstraintString)(callee, &raw mut length);
            Some((text, bytes(constraints, length)))
        }
    }
}

/// The values from `first` to the null that ends them.
fn chain(first: Ref, next: impl Fn(Ref) -> Ref) -> impl Iterator<Item = Ref> {
    std::iter::successors((!first.is_null()).then_some(first), move |&this| {
        Some(next(this)).filter(|next| !next.is_null())
    })
}

/// Bytes of LLVM's.
///
/// # Safety
///
/// `start` is null, or the first of `length` bytes that stay as they are during `'a`.
unsafe fn bytes<'a>(start: *const c_char, length: usize) -> &'a [u8] {
    let start: *const u8 = start.cast();
    if start.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: what the caller says.
    unsafe { std::slice::from_raw_parts(start, length) }
}
