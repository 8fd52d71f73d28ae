using System.Security.Cryptography;

namespace Slotkeeper;

/// <summary>Makes opaque ids: a prefix that names the kind and 128 random bits in lower-case base 32.</summary>
public static class Ids
{
    public const string Agency = "agy_";
    public const string Workspace = "ws_";
    public const string Calendar = "cal_";
    public const string Connection = "con_";
    public const string Resource = "res_";
    public const string Hold = "hld_";
    public const string Booking = "bkg_";
    public const string Offer = "ofr_";
    public const string Key = "key_";
    public const string Run = "run_";
    public const string Fetch = "fch_";
    public const string Webhook = "whk_";
    public const string Delivery = "dlv_";
    public const string Event = "evt_";
    public const string FollowUp = "flw_";
    public const string Check = "chk_";

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Letters = 26;

    /// <summary>50 bits of milliseconds reach beyond the year 37000.</summary>
    private const int TimeLetters = 10;

    /// <summary>A new id that sorts by the time it was made, to the millisecond, for things that are listed by time.</summary>
    public static string NewInOrder(string prefix, DateTimeOffset now)
    {
        Span<char> time = stackalloc char[TimeLetters];
        var rest = now.ToUnixTimeMilliseconds();
        for (var i = TimeLetters - 1; i >= 0; i--)
        {
            time[i] = Alphabet[(int)(rest & 31)];
            rest >>= 5;
        }
        return New(string.Concat(prefix, time));
    }

    /// <summary>A new id of the kind that <paramref name="prefix"/> names.</summary>
    public static string New(string prefix)
    {
        Span<byte> random = stackalloc byte[Letters];
        RandomNumberGenerator.Fill(random);
        Span<char> text = stackalloc char[prefix.Length + Letters];
        prefix.CopyTo(text);
        for (var i = 0; i < Letters; i++)
            text[prefix.Length + i] = Alphabet[random[i] & 31];
        return new string(text);
    }
}
