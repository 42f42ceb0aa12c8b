//! Buffers handed to C between threads.
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use std::io::Read;
use std::sync::mpsc::channel;
use std::thread;

#[test]
fn zlib_there_and_back() {
    let (sender, receiver) = channel();
    let t = thread::spawn(move || {
        let mut packed = Vec::new();
        ZlibEncoder::new(&[7; 5000][..], Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        sender.send(packed).unwrap();
    });
    let mut text = Vec::new();
    ZlibDecoder::new(&receiver.recv().unwrap()[..])
        .read_to_end(&mut text)
        .unwrap();
    assert_eq!(text, [7; 5000]);
    t.join().unwrap();
}

#[test]
fn zstd_there_and_back() {
    let t = thread::spawn(|| zstd::encode_all(&[7; 5000][..], 1).unwrap());
    assert_eq!(zstd::decode_all(&t.join().unwrap()[..]).unwrap(), [7; 5000]);
}
