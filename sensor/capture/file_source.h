#pragma once

#include <memory>
#include <string>

#include "sensor/capture/packet_source.h"

namespace sekimori {

class ByteStream;

// Frames of a capture file: pcap or pcapng, either byte order, micro- or nanoseconds, plain or
// gzip, told apart by their first bytes and never by the name. Read front to back, once.
//
// Fails when the file is no capture, ends in the middle of a packet, holds a frame longer than
// kMaxFrameSize, or has frames but none of a link type that LinkType names. Frames of other links
// beside such are yielded like any. A pcapng simple packet, which has no time, takes that of the
// frame before it.
class FileSource final : public PacketSource {
 public:
  // `path` "-" is standard input. Refused here: what cannot be opened, is empty or is no capture.
  static Loaded<std::unique_ptr<FileSource>> open(const std::string& path);
  // A capture already in memory, which must outlive the source; `name` stands in complaints.
  static Loaded<std::unique_ptr<FileSource>> over(Bytes bytes, std::string name);

  ~FileSource() override;

  Next next(PacketView& frame) noexcept override;
  const Complaint& complaint() const noexcept override;
  Progress progress() const noexcept override;

 private:
  struct Reading;
  static Loaded<std::unique_ptr<FileSource>> begin(std::string name, ByteStream stream);
  explicit FileSource(std::unique_ptr<Reading> reading) noexcept;

  std::unique_ptr<Reading> reading_;
};

}  // namespace sekimori
