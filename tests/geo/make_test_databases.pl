#!/usr/bin/perl
# Writes the databases that databases.json describes, beside it: small, of real networks, by an
# implementation of the format that is not ours. Same input, same bytes. With --check it writes
# nothing and says whether the files are what it would write.
# Needs Debian's libmaxmind-db-writer-perl and libnet-works-perl.
use strict;
use warnings;
use FindBin qw($RealBin);
use JSON::PP;
use MaxMind::DB::Writer::Tree;
use Net::Works::Network;

my %type_of_key = (
    (map { $_ => 'map' } qw(country registered_country continent city names location traits)),
    (map { $_ => 'double' } qw(latitude longitude)),
    (map { $_ => 'uint16' } qw(accuracy_radius)),
    (map { $_ => 'uint32' } qw(autonomous_system_number)),
    (map { $_ => 'boolean' } qw(is_anycast is_satellite_provider is_anonymous is_anonymous_vpn
        is_hosting_provider is_public_proxy is_residential_proxy is_tor_exit_node)),
);

my $check = (shift @ARGV // '') eq '--check';
my $json = do { local (@ARGV, $/) = ("$RealBin/databases.json"); <> };
my $databases = JSON::PP->new->utf8->decode($json);

for my $name (sort keys %$databases) {
    my $database = $databases->{$name};
    my $flat = $database->{flat};    # IPinfo's country is a text
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version               => $database->{ip_version},
        record_size              => 24,
        database_type            => $database->{type},
        languages                => ['en'],
        description              => { en => $database->{description} },
        map_key_type_callback    => sub {
            my $type = $type_of_key{ $_[0] } // 'utf8_string';
            return 'utf8_string' if $flat && $type eq 'map';
            return $flat && $type eq 'double' ? 'float' : $type;
        },
        remove_reserved_networks => 0,
    );
    $tree->_set_build_epoch($database->{build_epoch});
    for my $network (sort keys %{ $database->{networks} }) {
        $tree->insert_network($network, $database->{networks}{$network});
    }
    my $path = "$RealBin/$name.mmdb";
    open my $made, '>:raw', \my $bytes or die "$name: $!\n";
    $tree->write_tree($made);
    close $made or die "$name: $!\n";
    if ($check) {
        open my $in, '<:raw', $path or die "$path: $!\n";
        my $committed = do { local $/; <$in> };
        die "$path is not what databases.json says: run $0\n" if $committed ne $bytes;
        next;
    }
    open my $out, '>:raw', $path or die "$path: $!\n";
    print {$out} $bytes or die "$path: $!\n";
    close $out or die "$path: $!\n";
}
