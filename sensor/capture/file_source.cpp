#include "sensor/capture/file_source.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "sensor/capture/byte_stream.h"
#include "sensor/capture/pcap.h"
#include "sensor/capture/pcapng.h"

namespace sekimori {
namespace {

// Interfaces of one pcapng section. A capture on all interfaces of a host has some dozens; a file
// with more than this is refused, since forgetting one would lose the link type of its frames.
constexpr std::size_t kMaxInterfaces = 65536;

constexpr std::string_view kLinksRead =
    "Ethernet, 802.11, raw IP, Linux cooked, loopback, PPP, HDLC, NFLOG and PPI captures are read";

std::string bytes_text(std::uint64_t count) {
  return std::to_string(count) + " bytes";
}

// What else people hand over in place of a capture.
std::string_view way_out_of(Bytes head) noexcept {
  struct Other {
    std::uint8_t magic[4];
    std::string_view way_out;
  };
  static constexpr Other others[] = {
      {{0x28, 0xb5, 0x2f, 0xfd}, "decompress it first, with 'zstd -d'"},
      {{0xfd, '7', 'z', 'X'}, "decompress it first, with 'xz -d'"},
      {{'B', 'Z', 'h', '9'}, "decompress it first, with 'bzip2 -d'"},
  };
  for (const Other& other : others) {
    if (head.size() >= 4 &&
        std::equal(std::begin(other.magic), std::end(other.magic), head.begin())) {
      return other.way_out;
    }
  }
  return "give a file that tcpdump, dumpcap or Wireshark wrote";
}

}  // namespace

// The state of one file. Its readers never fail twice: the first failure is the last answer.
struct FileSource::Reading {
  Reading(std::string named, ByteStream bytes) : name{std::move(named)}, stream{std::move(bytes)} {}

  std::string name;
  ByteStream stream;
  bool is_pcapng = false;
  PcapFileHeader pcap;
  std::endian order = std::endian::big;     // of the pcapng section
  std::vector<PcapngInterface> interfaces;  // of the pcapng section
  std::uint64_t packets = 0;                // yielded
  std::uint64_t named_links = 0;            // of those, the ones that decode can read
  LinkType last_link = LinkType::ethernet;
  Timestamp last_time;
  std::uint64_t pending = 0;  // bytes of the last record, which the frame still borrows
  Next state = Next::frame;
  Complaint complaint;

  bool begin();
  Next next(PacketView& frame);
  Next next_pcap(PacketView& frame);
  Next next_pcapng(PacketView& frame);
  Next take_pcapng(const PcapngBlockHead& head, Bytes body, PacketView& frame);
  Next yield(PacketView& frame, std::uint64_t record_length);
  bool add_interface(Bytes body);

  Next end();
  Next fail(std::string what, std::string_view way_out);
  Next fail_cut(std::string_view inside);
  std::string place() const { return " at byte " + std::to_string(stream.offset()); }
  std::string packet_name() const { return "packet " + std::to_string(packets + 1); }
};

Next FileSource::Reading::fail(std::string what, std::string_view way_out) {
  complaint = {name, 0, 0, std::move(what), std::string{way_out}};
  return state = Next::failed;
}

// The stream ran out; the record that begins at its offset is not whole.
Next FileSource::Reading::fail_cut(std::string_view inside) {
  const std::string_view way_out = "the frames before it were read";
  if (!stream.trouble().empty()) return fail(stream.trouble() + place(), way_out);
  const std::uint64_t length = stream.offset() + stream.peek(0).size();
  return fail("ends in the middle of " + std::string{inside} + " at byte " + std::to_string(length),
              way_out);
}

Next FileSource::Reading::end() {
  if (!stream.trouble().empty()) return fail_cut("");
  if (packets > 0 && named_links == 0) {
    return fail("no frame of a link type that is read, the last of type " +
                    std::to_string(static_cast<int>(last_link)),
                kLinksRead);
  }
  return state = Next::end;
}

bool FileSource::Reading::begin() {
  const Bytes head = stream.peek(kPcapFileHeaderSize);
  if (head.empty() && stream.trouble().empty()) {
    fail("is empty", "give a file that tcpdump, dumpcap or Wireshark wrote");
    return false;
  }
  is_pcapng = begins_like_pcapng(head);
  if (is_pcapng) return true;
  if (!begins_like_pcap(head)) {
    if (stream.trouble().empty()) {
      fail("is neither pcap nor pcapng", way_out_of(head));
    } else {
      fail(stream.trouble(), "");
    }
    return false;
  }
  const Result<PcapFileHeader> header = parse_pcap_file_header(head);
  if (!header && header.error().fault == Fault::truncated) {
    fail_cut("its file header");
    return false;
  }
  if (!header) {
    fail("is pcap of a version other than 2", "write it again with a current tcpdump");
    return false;
  }
  if (!is_named(header->link)) {
    fail("its frames are of link type " + std::to_string(static_cast<int>(header->link)) +
             ", which is not read",
         kLinksRead);
    return false;
  }
  pcap = *header;
  stream.skip(kPcapFileHeaderSize);
  return true;
}

Next FileSource::Reading::next(PacketView& frame) {
  if (state != Next::frame) return state;
  stream.skip(std::exchange(pending, 0));
  return is_pcapng ? next_pcapng(frame) : next_pcap(frame);
}

Next FileSource::Reading::yield(PacketView& frame, std::uint64_t record_length) {
  pending = record_length;
  ++packets;
  last_link = frame.link;
  last_time = frame.time;
  if (is_named(frame.link)) ++named_links;
  // A wire length below what was captured is a writer's mistake.
  frame.wire_length = std::max(frame.wire_length, static_cast<std::uint32_t>(frame.bytes.size()));
  return Next::frame;
}

Next FileSource::Reading::next_pcap(PacketView& frame) {
  const std::size_t header_size = pcap.record_header_size;
  Bytes record = stream.peek(header_size);
  if (record.empty()) return end();
  const Result<PcapRecordHeader> header = parse_pcap_record_header(pcap, record);
  if (!header) return fail_cut(packet_name());
  if (header->captured > kMaxFrameSize) {
    return fail(packet_name() + place() + " claims " + bytes_text(header->captured) +
                    ", more than the " + std::to_string(kMaxFrameSize) + " any frame may have",
                "the file is damaged there; the frames before it were read");
  }
  const std::size_t length = header_size + header->captured;
  record = stream.peek(length);
  if (record.size() < length) return fail_cut(packet_name());
  frame = {record.subspan(header_size, header->captured), header->wire_length, header->time,
           pcap.link};
  return yield(frame, length);
}

Next FileSource::Reading::next_pcapng(PacketView& frame) {
  while (true) {
    const Bytes start = stream.peek(kPcapngBlockHeadSize);
    if (start.empty()) return end();
    const Result<PcapngBlockHead> head = parse_pcapng_block_head(start, order);
    if (!head && head.error().fault == Fault::truncated) return fail_cut("a block");
    if (!head) {
      return fail("the block" + place() + " has a length that cannot be true",
                  "the file is damaged there; the frames before it were read");
    }
    switch (head->type) {
      case PcapngType::section_header:
      case PcapngType::interface_description:
      case PcapngType::packet:
      case PcapngType::simple_packet:
      case PcapngType::enhanced_packet:
        break;
      default:
        if (stream.skip(head->length) < head->length) return fail_cut("a block");
        continue;
    }
    if (head->length > ByteStream::kMaxPeek) {
      return fail("the block" + place() + " claims " + bytes_text(head->length) +
                      ", more than the " + std::to_string(ByteStream::kMaxPeek) +
                      " that any frame needs",
                  "the file is damaged there; the frames before it were read");
    }
    const Bytes block = stream.peek(head->length);
    if (block.size() < head->length) {
      const bool is_packet = head->type != PcapngType::section_header &&
                             head->type != PcapngType::interface_description;
      return fail_cut(is_packet ? packet_name() : "a block");
    }
    const Next taken =
        take_pcapng(*head, block.subspan(8, head->length - kPcapngBlockHeadSize), frame);
    if (taken != Next::idle) return taken;
    stream.skip(head->length);
  }
}

// Takes one block, whose body is whole. `idle` when it held no frame.
Next FileSource::Reading::take_pcapng(const PcapngBlockHead& head, Bytes body, PacketView& frame) {
  const std::string_view damaged = "the file is damaged there; the frames before it were read";
  if (head.type == PcapngType::section_header) {
    if (!parse_pcapng_section(body, head.order)) {
      return fail("the section" + place() + " is pcapng of a version other than 1", "");
    }
    order = head.order;
    interfaces.clear();
    return Next::idle;
  }
  if (head.type == PcapngType::interface_description) {
    return add_interface(body) ? Next::idle : state;
  }
  const Result<PcapngPacket> packet = parse_pcapng_packet(head.type, body, order);
  if (!packet || packet->bytes.size() > kMaxFrameSize) {
    return fail(packet_name() + place() + " has a length that cannot be true", damaged);
  }
  if (packet->interface >= interfaces.size()) {
    return fail(packet_name() + place() + " is of interface " + std::to_string(packet->interface) +
                    ", which the file does not describe",
                damaged);
  }
  const PcapngInterface& interface = interfaces[packet->interface];
  frame = {packet->bytes, packet->wire_length, last_time, interface.link};
  if (head.type != PcapngType::simple_packet) {
    frame.time = interface.time(packet->ticks);
  } else if (interface.snaplen != 0 && frame.bytes.size() > interface.snaplen) {
    frame.bytes = frame.bytes.first(interface.snaplen);  // what follows is padding
  }
  return yield(frame, head.length);
}

bool FileSource::Reading::add_interface(Bytes body) {
  const Result<PcapngInterface> interface = parse_pcapng_interface(body, order);
  if (!interface) {
    fail("the interface described" + place() +
             (interface.error().fault == Fault::unsupported ? " has too fine a time resolution"
                                                            : " is damaged"),
         "the frames before it were read");
    return false;
  }
  if (interfaces.size() == kMaxInterfaces) {
    fail("more than " + std::to_string(kMaxInterfaces) + " interfaces" + place(),
         "the frames before it were read");
    return false;
  }
  interfaces.push_back(*interface);
  return true;
}

FileSource::FileSource(std::unique_ptr<Reading> reading) noexcept : reading_{std::move(reading)} {}
FileSource::~FileSource() = default;

Loaded<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
  Loaded<ByteStream> stream = ByteStream::open(path);
  if (!stream) return tl::unexpected{stream.error()};
  return begin(path == "-" ? "<standard input>" : path, std::move(*stream));
}

Loaded<std::unique_ptr<FileSource>> FileSource::over(Bytes bytes, std::string name) {
  return begin(std::move(name), ByteStream::over(bytes));
}

Loaded<std::unique_ptr<FileSource>> FileSource::begin(std::string name, ByteStream stream) {
  auto reading = std::make_unique<Reading>(std::move(name), std::move(stream));
  if (!reading->begin()) return tl::unexpected{reading->complaint};
  return std::unique_ptr<FileSource>{new FileSource{std::move(reading)}};
}

Next FileSource::next(PacketView& frame) noexcept {
  return reading_->next(frame);
}
const Complaint& FileSource::complaint() const noexcept {
  return reading_->complaint;
}
Progress FileSource::progress() const noexcept {
  return reading_->stream.progress();
}

}  // namespace sekimori
