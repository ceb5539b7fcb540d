#!/usr/bin/perl
# Writes OUT, a database of AS numbers, from the CSV files of npm's @ip-location-db/asn (Route Views,
# NRO and DB-IP, CC BY 4.0). Same input, same bytes: the build date is the package's version.
#   as_mmdb.pl PACKAGE_FOLDER OUT
use strict;
use warnings;
use JSON::PP;
use MaxMind::DB::Writer::Tree;
use Time::Local qw(timegm_modern);

my ($package, $out_path) = @ARGV;
die "usage: $0 PACKAGE_FOLDER OUT\n" unless defined $out_path;

my $json = do { local (@ARGV, $/) = ("$package/package.json"); <> };
my $version = JSON::PP->new->decode($json)->{version};
my ($year, $month, $day, $hour) = $version =~ /\.(\d{4})(\d\d)(\d\d)(\d\d)$/
    or die "$package: version $version names no date\n";

my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version               => 6,
    record_size              => 24,
    database_type            => 'sekimori-as (Route Views, NRO and DB-IP via npm)',
    languages                => ['en'],
    description              => { en => 'IP to AS number by Route Views (routeviews.org), NRO '
            . '(nro.net) and DB-IP (https://db-ip.com), CC BY 4.0, '
            . "https://creativecommons.org/licenses/by/4.0/, of $year-$month-$day; converted from "
            . "npm \@ip-location-db/asn $version" },
    map_key_type_callback    => sub {
        $_[0] eq 'autonomous_system_number' ? 'uint32' : 'utf8_string';
    },
    remove_reserved_networks => 0,
);
$tree->_set_build_epoch(timegm_modern(0, 0, $hour, $day, $month - 1, $year));

my %record;
for my $path ("$package/asn-ipv4.csv", "$package/asn-ipv6.csv") {
    open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
    while (my $line = <$in>) {
        my ($first, $last, $number, $name) = $line =~ /^([0-9a-f.:]+),([0-9a-f.:]+),(\d+),(.*?)\r?$/
            or die "$path:$.: not a range, a number and a name\n";
        next if $first =~ /^(?:2002:|2001:0?:)/;
        $name =~ s/^"(.*)"$/$1/s and $name =~ s/""/"/g;
        $name =~ s/^"(.*)"$/$1/s;    # some registries' own quotes around the whole
        $record{"$number $name"} //= {
            autonomous_system_number => $number,
            (length $name ? (autonomous_system_organization => $name) : ()),
        };
        $tree->insert_range($first, $last, $record{"$number $name"});
    }
    close $in or die "$path: $!\n";
}

open my $out, '>:raw', $out_path or die "$out_path: $!\n";
$tree->write_tree($out);
close $out or die "$out_path: $!\n";
