#!/usr/bin/perl
# Writes OUT, a country database, from the text that Debian's tor-geoipdb installs (IPFire Location,
# CC BY-SA 4.0). Same input, same bytes: the build date is the data's own.
#   country_mmdb.pl /usr/share/tor/geoip /usr/share/tor/geoip6 OUT
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;
use Socket qw(inet_ntop AF_INET);
use Time::Local qw(timegm_modern);

my ($v4_path, $v6_path, $out_path) = @ARGV;
die "usage: $0 GEOIP GEOIP6 OUT\n" unless defined $out_path;

my %month;
@month{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 0 .. 11;

# "# Generated: Thu, 25 Jun 2026 04:33:59 GMT" in the file's own header.
sub generated_at {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    while (my $line = <$in>) {
        last unless $line =~ /^#/;
        next unless $line =~ /Generated: \w+, (\d+) (\w+) (\d+) (\d+):(\d+):(\d+) GMT/;
        return timegm_modern($6, $5, $4, $1, $month{$2}, $3);
    }
    die "$path: no date in its header\n";
}

my $built = generated_at($v4_path);
my @date = gmtime $built;
my $date = sprintf '%04d-%02d-%02d', $date[5] + 1900, $date[4] + 1, $date[3];

# Without the aliases of IPv6 networks that carry IPv4 (Teredo, 6to4): the address inside one of
# them is a relay's as often as the user's, so those stay unknown.
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version               => 6,
    record_size              => 24,
    database_type            => 'sekimori-country (IPFire Location via tor-geoipdb)',
    languages                => ['en'],
    description              => { en => "IPFire Location database, https://location.ipfire.org/, "
            . "of $date, CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/; "
            . 'converted from the text of tor-geoipdb' },
    map_key_type_callback    => sub { $_[0] eq 'country' ? 'map' : 'utf8_string' },
    remove_reserved_networks => 0,
);
$tree->_set_build_epoch($built);

# No countries, or none in particular: as unknown as "??".
my %unknown = map { $_ => 1 } qw(?? AB AN AP CS EU OS SU UN ZZ);
# What the registries write and ISO 3166-1 writes otherwise.
my %iso = (UK => 'GB');
my %record;

sub insert_file {
    my ($path, $address) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    while (my $line = <$in>) {
        next if $line =~ /^#/;
        my ($first, $last, $country) = $line =~ /^([0-9a-f:]+),([0-9a-f:]+),([A-Z?]{2})$/
            or die "$path:$.: not a range and a country\n";
        next if $unknown{$country} || $first =~ /^(?:2002:|2001:0?:)/;
        $country = $iso{$country} // $country;
        $record{$country} //= { country => { iso_code => $country } };
        $tree->insert_range($address->($first), $address->($last), $record{$country});
    }
    return;
}

insert_file($v4_path, sub { inet_ntop(AF_INET, pack 'N', $_[0]) });
insert_file($v6_path, sub { $_[0] });

open my $out, '>:raw', $out_path or die "$out_path: $!\n";
$tree->write_tree($out);
close $out or die "$out_path: $!\n";
