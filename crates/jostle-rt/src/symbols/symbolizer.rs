//! Addresses to frames and places, with everything remembered that was looked up once.
//!
//! It allocates, reads files and may take milliseconds, so that it is used on the root context
//! only. Return addresses are looked up one byte before where they point, which is in the call:
//! the next instruction may belong to another line or another function.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jostle_site::Site;

use super::call::{Call, instead_of_file, is_whole, name_by_file, origin_by_name};
use super::image::Image;
use super::objects::Object;
use super::path::{Origin, Paths};
use super::place::Place;
use super::settings::Settings;
use super::stack::WINDOW;

// Statics hold it, so that it has to be allowed to change threads.
const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Symbolizer>();
};

/// A name and how far behind its beginning an address is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Symbol {
    /// The whole name, demangled: `my_pool::COUNTER`.
    pub name: String,
    /// In bytes.
    pub offset: usize,
}

/// Looks up addresses of one process.
#[derive(Debug)]
pub(crate) struct Symbolizer {
    objects: Vec<(Object, OnceCell<Image>)>,
    paths: Paths,
    crates: Vec<String>,
    /// By path as debug information has it.
    files: HashMap<String, (Origin, &'static str)>,
    /// By return address.
    calls: HashMap<usize, Arc<[Call]>>,
    texts: Texts,
}

/// Texts that are kept for as long as the process runs, each once.
#[derive(Default, Debug)]
struct Texts(HashSet<&'static str>);

impl Texts {
    fn keep(&mut self, text: &str) -> &'static str {
        if let Some(known) = self.0.get(text) {
            return known;
        }
        let text: &'static str = String::leak(text.to_owned());
        self.0.insert(text);
        text
    }
}

impl Symbolizer {
    /// For a process of these files. Nothing is read yet.
    #[must_use]
    pub(crate) fn new(settings: &Settings, objects: Vec<Object>) -> Symbolizer {
        let objects = objects.into_iter();
        Symbolizer {
            objects: objects.map(|object| (object, OnceCell::new())).collect(),
            paths: Paths::new(settings),
            crates: settings.crates.clone(),
            files: HashMap::new(),
            calls: HashMap::new(),
            texts: Texts::default(),
        }
    }

    /// The place of the return address `pc` under the shadow call stack `stack`, whose entries
    /// are return addresses too, the outermost first. The innermost entry is where the function
    /// of `pc` was called.
    ///
    /// Only the innermost [`WINDOW`] entries count, as in their hash.
    pub(crate) fn resolve(&mut self, pc: usize, stack: &[usize]) -> Site {
        let window = &stack[stack.len().saturating_sub(WINDOW)..];
        let mut chain = Vec::new();
        for &pc in [pc].iter().chain(window.iter().rev()) {
            chain.extend_from_slice(&self.calls(pc));
        }
        let place = Place::of(&chain).expect("each return address has at least one frame");
        place.site()
    }

    /// The function or static that the address is in.
    pub(crate) fn symbol_of(&mut self, address: usize) -> Option<Symbol> {
        let (object, image) = image_of(&self.objects, address)?;
        let (name, offset) = image.symbol(address.wrapping_sub(object.bias) as u64)?;
        Some(Symbol {
            name: demangled(name),
            offset: offset as usize,
        })
    }

    /// The name of the function whose stack frame the return address `pc` runs in: the one that
    /// others are inlined into. Empty if it is not known. For
    /// [`Home::Local`](super::Home::Local).
    #[cfg_attr(not(test), allow(dead_code, reason = "only symbols are asked for yet"))]
    pub(crate) fn function_at(&mut self, pc: usize) -> &'static str {
        let calls = self.calls(pc);
        calls.last().map_or("", |call| call.frame.function)
    }

    /// The frames of one return address, inlined ones first: never none.
    pub(super) fn calls(&mut self, pc: usize) -> Arc<[Call]> {
        if let Some(known) = self.calls.get(&pc) {
            return Arc::clone(known);
        }
        let calls: Arc<[Call]> = self.look_up(pc).into();
        self.calls.insert(pc, Arc::clone(&calls));
        calls
    }

    fn look_up(&mut self, pc: usize) -> Vec<Call> {
        let address = pc.wrapping_sub(1);
        let texts = &mut self.texts;
        let mut keep = |text: &str| texts.keep(text);
        let without_file = |name: &str, keep: &mut dyn FnMut(&str) -> &'static str| {
            let file = keep(&instead_of_file(name));
            let origin = origin_by_name(name, &self.crates);
            Call::new(keep(name), (origin, file), (0, 0), keep)
        };
        let Some((object, image)) = image_of(&self.objects, address) else {
            return vec![without_file("", &mut keep)];
        };
        let address = address.wrapping_sub(object.bias) as u64;
        let symbol = || {
            image
                .symbol(address)
                .map_or_else(String::new, |s| demangled(s.0))
        };
        let mut calls = Vec::new();
        let frames = image.frames(address);
        for (frame, inlined) in frames.iter().zip((0..frames.len()).rev()) {
            let mut name = demangled(&frame.function);
            if inlined == 0 && !is_whole(&name) {
                // It is no part of another function, so that it has a symbol.
                name = Some(symbol()).filter(|s| !s.is_empty()).unwrap_or(name);
            }
            let Some(file) = frame.file else {
                calls.push(without_file(&name, &mut keep));
                continue;
            };
            let (origin, file) = *self.files.entry(file.to_owned()).or_insert_with(|| {
                let (origin, shown) = self.paths.of(file);
                (origin, keep(&shown))
            });
            let others = matches!(origin, Origin::Std | Origin::Dependency);
            if others && !name.is_empty() && !is_whole(&name) {
                name = name_by_file(&name, file);
            }
            let place = (frame.line, frame.column);
            calls.push(Call::new(keep(&name), (origin, file), place, &mut keep));
        }
        if calls.is_empty() {
            calls.push(without_file(&symbol(), &mut keep));
        }
        calls
    }
}

/// The file that the address is in, opened.
fn image_of(objects: &[(Object, OnceCell<Image>)], address: usize) -> Option<(&Object, &Image)> {
    let (object, image) = objects.iter().find(|(object, _)| object.covers(address))?;
    Some((object, image.get_or_init(|| Image::open(&object.path))))
}

/// Without the hash that legacy names end in and the ones that v0 names have inside.
fn demangled(name: &str) -> String {
    match rustc_demangle::try_demangle(name) {
        Ok(name) => format!("{name:#}"),
        Err(_) => name.to_owned(),
    }
}
