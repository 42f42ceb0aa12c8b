//! Implements the attribute `#[jostle::scenario]`, which `jostle` exports.
//!
//! - `options`: parses the attribute's options.

mod options;

use proc_macro::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, FnArg, ItemFn, Lit, Meta, ReturnType, parse_macro_input};

use options::Options;

/// Registers a function as a scenario.
///
/// The function is `fn` or `async fn` and returns nothing. It takes no argument, or one whose
/// type implements `arbitrary::Arbitrary`: that one is made out of the fuzz input, together with the
/// schedule. The documentation comment says what the scenario shows.
///
/// Under `cargo test` the scenario is also a test, `NAME::explore`.
///
/// # Options
///
/// | option | meaning | default |
/// | --- | --- | --- |
/// | `expect = "KIND"`, `expect = "KIND: text"` | a known bug: exploring must find it, and nothing else; the message must contain the text | nothing may be found |
/// | `steps = N` | steps of one execution before it counts as a livelock | 50000 |
/// | `tasks = N` | tasks of one execution | 10000 |
/// | `stack = N` | bytes of stack for each task, at least 16384 | 262144 |
/// | `step_time_us = N` | how many microseconds of virtual time one step may take | 1000 |
/// | `allow_panics("text", …)` | panics whose message contains one of these texts end their task and nothing else | none |
/// | `cancel` | async tasks may be cancelled at any await | off |
#[proc_macro_attribute]
pub fn scenario(attr: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(attr as Options);
    let function = parse_macro_input!(item as ItemFn);
    expand(&options, &function)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

fn expand(options: &Options, function: &ItemFn) -> syn::Result<proc_macro2::TokenStream> {
    check(function)?;
    let name = &function.sig.ident;
    let text = name.to_string();
    let about = documentation(&function.attrs);
    let is_async = function.sig.asyncness.is_some();
    let body = match function.sig.inputs.first() {
        None if is_async => quote! {
            ::jostle::scenario::Body::Plain(|| ::jostle::task::block_on(#name()))
        },
        None => quote! { ::jostle::scenario::Body::Plain(#name) },
        Some(FnArg::Typed(argument)) => {
            let ty = &argument.ty;
            let call = if is_async {
                quote! { ::jostle::task::block_on(#name(data)) }
            } else {
                quote! { #name(data) }
            };
            quote! {
                ::jostle::scenario::Body::Data(|bytes| {
                    let data = <#ty as ::jostle::arbitrary::Arbitrary<'_>>::arbitrary(bytes)?;
                    ::core::result::Result::Ok(::std::boxed::Box::new(move || #call))
                })
            }
        }
        Some(receiver) => {
            return Err(syn::Error::new(
                receiver.span(),
                "a scenario is a free function",
            ));
        }
    };
    let takes_data = !function.sig.inputs.is_empty();
    let expect = options.expect();
    let fields = options.fields();
    Ok(quote! {
        #function

        const _: () = {
            #[::jostle::__private::linkme::distributed_slice(::jostle::__private::SCENARIOS)]
            #[linkme(crate = ::jostle::__private::linkme)]
            static SCENARIO: ::jostle::scenario::Scenario = ::jostle::scenario::Scenario {
                subject: ::jostle::scenario::Subject {
                    name: #text,
                    about: #about,
                    module: ::core::module_path!(),
                    site: ::jostle::__private::Site::caller(),
                    expect: #expect,
                    options: #fields,
                    takes_data: #takes_data,
                },
                body: #body,
            };
        };

        #[cfg(test)]
        mod #name {
            #[test]
            fn explore() {
                ::jostle::testing::explore(#text);
            }
        }
    })
}

fn check(function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    if sig.inputs.len() > 1 {
        return Err(syn::Error::new(
            sig.inputs.span(),
            "a scenario takes at most one argument; put several values into a struct that derives \
             `arbitrary::Arbitrary`",
        ));
    }
    if !sig.generics.params.is_empty() {
        return Err(syn::Error::new(
            sig.generics.span(),
            "a scenario cannot be generic: the fuzzer has to call it",
        ));
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        return Err(syn::Error::new(
            ty.span(),
            "a scenario returns nothing; use `assert!` or panic to fail",
        ));
    }
    Ok(())
}

/// The documentation comment, one line for each line.
fn documentation(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
