//! Parses the options between the parentheses of `#[jostle::scenario(…)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitInt, LitStr, Token, parenthesized};

/// The options that were given.
#[derive(Default)]
pub(crate) struct Options {
    expect: Option<(String, String)>,
    steps: Option<LitInt>,
    tasks: Option<LitInt>,
    stack: Option<LitInt>,
    step_time_us: Option<LitInt>,
    allow_panics: Vec<LitStr>,
    cancel: bool,
}

/// The kinds of findings: the name and the variant of each `jostle_core::finding::Kind`.
/// A test in `jostle` compares the two lists.
const KINDS: &[(&str, &str)] = &[
    ("panic", "Panic"),
    ("misuse", "Misuse"),
    ("deadlock", "Deadlock"),
    ("leak", "Leak"),
    ("lost-wakeup", "LostWakeup"),
    ("race", "Race"),
    ("livelock", "Livelock"),
    ("use-after-free", "UseAfterFree"),
    ("double-free", "DoubleFree"),
    ("exit", "Exit"),
    ("abort", "Abort"),
    ("crash", "Crash"),
    ("stall", "Stall"),
    ("nondeterminism", "Nondeterminism"),
];

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Options> {
        let mut options = Options::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            match key.to_string().as_str() {
                "expect" => {
                    input.parse::<Token![=]>()?;
                    options.expect = Some(expectation(&input.parse()?)?);
                }
                "steps" => options.steps = Some(at_least(1, input)?),
                "tasks" => options.tasks = Some(at_least(1, input)?),
                "stack" => options.stack = Some(at_least(LEAST_STACK, input)?),
                "step_time_us" => options.step_time_us = Some(number(input)?),
                "allow_panics" => {
                    let list;
                    parenthesized!(list in input);
                    options.allow_panics =
                        Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?
                            .into_iter()
                            .collect();
                }
                "cancel" => options.cancel = true,
                other => {
                    return Err(syn::Error::new(
                        key.span(),
                        format!(
                            "unknown option `{other}`; there are expect, steps, tasks, stack, \
                             step_time_us, allow_panics and cancel"
                        ),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// With fewer bytes of stack no task comes to its first line, least of all where nothing
/// is optimized.
const LEAST_STACK: u64 = 16 * 1024;

/// A number with which a scenario can run at all.
fn at_least(least: u64, input: ParseStream<'_>) -> syn::Result<LitInt> {
    let number = number(input)?;
    match number.base10_parse::<u64>()? < least {
        true => Err(syn::Error::new(
            number.span(),
            format!("with {number} no scenario can run; write at least {least}"),
        )),
        false => Ok(number),
    }
}

fn number(input: ParseStream<'_>) -> syn::Result<LitInt> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn expectation(literal: &LitStr) -> syn::Result<(String, String)> {
    let value = literal.value();
    let (kind, text) = match value.split_once(':') {
        Some((kind, text)) => (kind.trim(), text.trim()),
        None => (value.trim(), ""),
    };
    match KINDS.iter().find(|(name, _)| *name == kind) {
        Some((_, variant)) => Ok(((*variant).to_owned(), text.to_owned())),
        None => {
            let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            Err(syn::Error::new(
                literal.span(),
                format!(
                    "unknown kind of finding {kind:?}; there are {}",
                    names.join(", ")
                ),
            ))
        }
    }
}

impl Options {
    pub(crate) fn expect(&self) -> TokenStream {
        match &self.expect {
            None => quote! { ::jostle::scenario::Expect::Clean },
            Some((variant, text)) => {
                let variant = Ident::new(variant, proc_macro2::Span::call_site());
                quote! {
                    ::jostle::scenario::Expect::Finds(::jostle::__private::Kind::#variant, #text)
                }
            }
        }
    }

    pub(crate) fn fields(&self) -> TokenStream {
        let steps = self.steps.iter();
        let tasks = self.tasks.iter();
        let stack = self.stack.iter();
        let micros = self.step_time_us.iter();
        let allowed = &self.allow_panics;
        let cancel = self.cancel;
        quote! {
            ::jostle::scenario::Options {
                budget: ::jostle::scenario::Budget {
                    #(steps: #steps,)*
                    #(tasks: #tasks,)*
                    #(stack: #stack,)*
                    #(step_time: ::core::time::Duration::from_micros(#micros),)*
                    ..::jostle::scenario::Budget::DEFAULT
                },
                allowed_panics: &[#(#allowed),*],
                cancel: #cancel,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_which_nothing_can_run_are_refused() {
        for wrong in ["stack = 1", "stack = 0x10", "steps = 0", "tasks = 0"] {
            let error = syn::parse_str::<Options>(wrong).err().unwrap();
            assert!(error.to_string().contains("at least"), "{error}");
        }
        for right in ["stack = 16_384", "steps = 1, tasks = 1"] {
            assert!(syn::parse_str::<Options>(right).is_ok(), "{right}");
        }
    }
}
