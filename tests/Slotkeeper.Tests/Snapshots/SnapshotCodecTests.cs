using Slotkeeper.Snapshots;

namespace Slotkeeper.Tests.Snapshots;

// Cases: nothing; one start; whole minutes; seconds; equal steps; unequal steps; more or fewer than counted; bytes that are cut,
// changed, added or random; runs that would never end; numbers that would overflow.
public class SnapshotCodecTests
{
    [Fact]
    public void What_was_packed_comes_back_whole_minutes_or_seconds() => Properties.Hold(2000, random =>
    {
        var starts = Some.Starts(random, 600);
        SnapshotCodec.Unpack(SnapshotCodec.Pack(starts), starts.Length).ShouldBe(starts);
    });

    [Fact]
    public void Same_from_agrees_with_comparing_the_lists() => Properties.Hold(2000, random =>
    {
        var starts = Some.Starts(random, 60);
        var packed = SnapshotCodec.Pack(starts);
        var from = starts.Length == 0 ? 0 : starts[random.Next(starts.Length)] + random.Next(-1, 2);
        var rest = starts.Where(start => start >= from).ToArray();

        SnapshotCodec.SameFrom(packed, from, rest).ShouldBeTrue();
        foreach (var other in Neighbours(rest, random))
            SnapshotCodec.SameFrom(packed, from, other).ShouldBe(other.SequenceEqual(rest));
    });

    [Fact]
    public void Count_from_agrees_with_counting_the_list() => Properties.Hold(2000, random =>
    {
        var starts = Some.Starts(random, 60);
        var from = starts.Length == 0 ? 0 : starts[random.Next(starts.Length)] + random.Next(-1, 2);
        SnapshotCodec.CountFrom(SnapshotCodec.Pack(starts), from).ShouldBe(starts.Count(start => start >= from));
    });

    [Fact]
    public void No_slots_are_no_bytes()
    {
        SnapshotCodec.Pack([]).ShouldBeEmpty();
        SnapshotCodec.Unpack([], 0).ShouldBeEmpty();
        SnapshotCodec.SameFrom([], 0, []).ShouldBeTrue();
        SnapshotCodec.SameFrom([], 0, [1]).ShouldBeFalse();
        SnapshotCodec.CountFrom([], 0).ShouldBe(0);
    }

    [Fact]
    public void A_month_of_half_hours_takes_a_few_hundred_bytes_at_most()
    {
        // 30 days of eight working hours: 16 slots a day.
        var day = Some.Now.UtcDateTime.Date;
        var starts = Enumerable.Range(0, 480)
            .Select(i => new DateTimeOffset(day.AddDays(i / 16).AddHours(9).AddMinutes(i % 16 * 30), TimeSpan.Zero).ToUnixTimeSeconds())
            .ToArray();

        SnapshotCodec.Pack(starts).Length.ShouldBeLessThanOrEqualTo(200);
        SnapshotCodec.Pack(Some.HalfHours(Some.Now, 480)).Length.ShouldBeLessThanOrEqualTo(16);
    }

    [Fact]
    public void Starts_that_do_not_ascend_are_refused()
    {
        Should.Throw<ArgumentException>(() => SnapshotCodec.Pack([120, 60]));
        Should.Throw<ArgumentException>(() => SnapshotCodec.Pack([60, 60]));
        Should.Throw<ArgumentException>(() => SnapshotCodec.Pack([-60, 60]));
    }

    [Fact]
    public void Broken_bytes_are_either_read_as_something_or_refused_as_invalid_data() => Properties.Hold(5000, random =>
    {
        var starts = Some.Starts(random, 40);
        var bytes = Break(SnapshotCodec.Pack(starts), random);
        var count = random.Next(4) == 0 ? random.Next(-2, 100) : starts.Length;

        RefusedOrDone(() => SnapshotCodec.Unpack(bytes, count).Length.ShouldBe(count));
        RefusedOrDone(() => SnapshotCodec.CountFrom(bytes, starts.Length == 0 ? 0 : starts[0]));
        RefusedOrDone(() => SnapshotCodec.SameFrom(bytes, 0, starts));
    });

    [Theory]
    [MemberData(nameof(BrokenBytes))]
    public void Bytes_that_pack_never_writes_are_invalid_data(string what, byte[] bytes)
    {
        Should.Throw<InvalidDataException>(() => SnapshotCodec.Unpack(bytes, 3), what);
        Should.Throw<InvalidDataException>(() => SnapshotCodec.CountFrom(bytes, 0), what);
        // It may know that they differ before it comes to what is broken.
        RefusedOrDone(() => SnapshotCodec.SameFrom(bytes, 0, [60, 120, 180]).ShouldBeFalse(what));
    }

    public static TheoryData<string, byte[]> BrokenBytes => new()
    {
        { "another version", [2, 60, 1, 3, 2] },
        { "another unit", [1, 59, 1, 3, 2] },
        { "too short", [1, 60] },
        { "a number that does not end", [1, 60, 0x80, 0x80, 0x80] },
        { "a number of more than 63 bits", [1, 60, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01] },
        { "a first start beyond the year 9999", [1, 60, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] },
        { "a step of nothing", [1, 60, 1, 0] },
        { "a run of nothing", [1, 60, 1, 3, 0] },
        { "a run that would never end", [1, 1, 1, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] },
        { "a step beyond the year 9999", [1, 60, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] },
    };

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_count_that_the_bytes_do_not_have_is_invalid_data(int count)
    {
        var packed = SnapshotCodec.Pack([60, 120, 180]);
        Should.Throw<InvalidDataException>(() => SnapshotCodec.Unpack(packed, count));
    }

    private static IEnumerable<long[]> Neighbours(long[] starts, Random random)
    {
        yield return [];
        yield return [.. starts, starts.Length == 0 ? 1 : starts[^1] + 1];
        if (starts.Length == 0)
            yield break;
        yield return starts[1..];
        yield return starts[..^1];
        var moved = (long[])starts.Clone();
        moved[random.Next(moved.Length)]++;
        yield return moved;
    }

    private static byte[] Break(byte[] packed, Random random)
    {
        var bytes = packed.ToList();
        switch (random.Next(4))
        {
            case 0:
                var noise = new byte[random.Next(40)];
                random.NextBytes(noise);
                return random.Next(2) == 0 ? noise : [1, 60, .. noise];
            case 1 when bytes.Count > 0:
                return [.. bytes.Take(random.Next(bytes.Count))];
            case 2 when bytes.Count > 0:
                bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                return [.. bytes];
            default:
                bytes.Insert(random.Next(bytes.Count + 1), (byte)random.Next(256));
                return [.. bytes];
        }
    }

    private static void RefusedOrDone(Action read)
    {
        try
        {
            read();
        }
        catch (InvalidDataException)
        {
            // Refused in the one way that is allowed.
        }
    }
}
