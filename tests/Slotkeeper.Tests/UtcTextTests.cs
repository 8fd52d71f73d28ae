using System.Globalization;
using System.Text;

namespace Slotkeeper.Tests;

// Cases: any instant of the years 1 to 9999; any offset; leap days; before 1970; fractions of a second.
public class UtcTextTests
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    [Fact]
    public void An_instant_is_written_as_the_base_library_writes_it_in_utc() => Properties.Hold(5000, random =>
    {
        var offset = TimeSpan.FromMinutes(random.Next(-14 * 60, (14 * 60) + 1));
        var instant = new DateTimeOffset(random.NextInt64(TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), offset);
        UtcText.Format(instant).ShouldBe(instant.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture));
    });

    [Fact]
    public void In_quotes_it_takes_22_bytes() => Properties.Hold(1000, random =>
    {
        var seconds = random.NextInt64(DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds() + 1);
        Span<byte> text = stackalloc byte[22];
        UtcText.WriteQuoted(seconds, text);
        Encoding.ASCII.GetString(text).ShouldBe($"\"{DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString(Form, CultureInfo.InvariantCulture)}\"");
    });

    [Theory]
    [InlineData("2026-02-12T15:00:00.999Z", "2026-02-12T15:00:00Z")]
    [InlineData("2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z")]
    [InlineData("2026-03-08T02:30:00-05:00", "2026-03-08T07:30:00Z")]
    [InlineData("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z")]
    public void Fractions_are_cut_and_offsets_are_taken_out(string instant, string text) =>
        UtcText.Format(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture)).ShouldBe(text);
}
