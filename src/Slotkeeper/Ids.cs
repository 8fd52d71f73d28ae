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

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Letters = 26;

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
