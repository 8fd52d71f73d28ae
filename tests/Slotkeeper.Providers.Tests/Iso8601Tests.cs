using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Slotkeeper.Providers.Answers;
using Xunit;

namespace Slotkeeper.Providers.Tests;

public sealed class Iso8601Tests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("2026-02-12T15:00:00Z", 1770908400)]
    [InlineData("2026-02-12T15:00:00.000000Z", 1770908400)]
    [InlineData("2026-02-12T09:00:00-06:00", 1770908400)]
    [InlineData("2026-02-12T20:30:00+0530", 1770908400)]
    [InlineData("2026-02-12T17:00+02", 1770908400)]
    [InlineData("2026-02-12t15:00z", 1770908400)]
    [InlineData("2020-01-07T24:00:00.000000Z", 1578441600)]
    [InlineData("2024-02-29T12:00:00Z", 1709208000)]
    public void These_are_instants(string text, long seconds)
    {
        Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out var parsed).ShouldBeTrue();
        parsed.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("2026-02-12")]
    [InlineData("2026-02-12T15:00:00")]
    [InlineData("2026-02-29T15:00:00Z")]
    [InlineData("2026-13-01T15:00:00Z")]
    [InlineData("0000-01-01T15:00:00Z")]
    [InlineData("2026-02-12T24:00:01Z")]
    [InlineData("2026-02-12T24:00:00.1Z")]
    [InlineData("2026-02-12T25:00:00Z")]
    [InlineData("2026-02-12T15:60:00Z")]
    [InlineData("2026-02-12T15:00:60Z")]
    [InlineData("2026-02-12T15:00:00.Z")]
    [InlineData("2026-02-12T15:00:00+15:00")]
    [InlineData("2026-02-12T15:00:00+1")]
    [InlineData("2026-02-12T15:00:00+01:60")]
    [InlineData("2026-02-12T15:00:00Zx")]
    [InlineData(" 2026-02-12T15:00:00Z")]
    [InlineData("２026-02-12T15:00:00Z")]
    [InlineData("1770908400")]
    [InlineData("")]
    public void These_are_none(string text) => Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out _).ShouldBeFalse();

    [Fact]
    public void It_agrees_with_the_framework_on_every_instant()
    {
        var instants = from day in Gen.Choose(2, 3_652_000)
                       from milli in Gen.Choose(0, 86_399_999)
                       from minutes in Gen.Choose(-14 * 60, 14 * 60)
                       from format in Gen.Elements("yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.fffK", "yyyy-MM-dd'T'HH:mm:ss.fffffffK", "yyyy-MM-dd'T'HH:mmK")
                       select new DateTimeOffset(DateTime.MinValue.AddDays(day).AddMilliseconds(milli), TimeSpan.Zero).ToOffset(TimeSpan.FromMinutes(minutes)).ToString(format, CultureInfo.InvariantCulture);
        Prop.ForAll(instants.ToArbitrary(), text =>
        {
            var expected = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeSeconds();
            return Iso8601.TryParse(Encoding.UTF8.GetBytes(text), out var parsed) && parsed == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(5);
        var bytes = new byte[48];
        var good = "2026-02-12T15:00:00.000+02:00"u8;
        for (var i = 0; i < 200_000; i++)
        {
            var length = random.Next(0, bytes.Length);
            good.CopyTo(bytes);
            for (var change = random.Next(0, 4); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (Iso8601.TryParse(bytes.AsSpan(0, length), out var seconds))
                seconds.ShouldBeInRange(-62_135_700_000, 253_402_400_000);
        }
    }
}
