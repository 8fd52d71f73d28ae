using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Dashboard;

/// <summary>
/// The scripts and styles of the pages, out of the program itself: no folder beside it can be missing or of another version. Addresses carry a hash of the content, so that browsers keep
/// them for good and never use an old one.
/// </summary>
internal static class AssetFiles
{
    private const string Route = "/dashboard/assets/{version}/{name}";

    private static readonly Dictionary<string, Asset> Known = Load();

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Route, Serve);

    /// <summary>Where a page finds one: <c>lib.css</c>, <c>lib.js</c>, <c>app.css</c>, <c>app.js</c>, <c>theme.js</c>, <c>icon.svg</c>.</summary>
    public static string Url(string name) => Known[name].Url;

    private static IResult Serve(string name, HttpContext context)
    {
        if (!Known.TryGetValue(name, out var asset))
            return Refusal.NotFound("file");
        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.Vary = HeaderNames.AcceptEncoding;
        // These hold nothing secret, so that their compressed length tells nothing.
        var zipped = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (zipped)
            headers.ContentEncoding = "gzip";
        return TypedResults.Bytes(zipped ? asset.Zipped.Value : asset.Content, asset.Type);
    }

    private static Dictionary<string, Asset> Load() => new(StringComparer.Ordinal)
    {
        ["lib.css"] = Make("lib.css", "text/css", Resources("lib", ".css")),
        ["lib.js"] = Make("lib.js", "text/javascript", Resources("lib", ".js")),
        ["app.css"] = Make("app.css", "text/css", Resources("own", ".css")),
        ["app.js"] = Make("app.js", "text/javascript", Resources("own", ".js").Where(name => !name.EndsWith("/theme.js", StringComparison.Ordinal))),
        ["theme.js"] = Make("theme.js", "text/javascript", ["dashboard/own/theme.js"]),
        ["icon.svg"] = Make("icon.svg", "image/svg+xml", ["dashboard/own/icon.svg"]),
    };

    /// <summary>In the order of the project file, which is the order in which they need each other.</summary>
    private static IEnumerable<string> Resources(string folder, string extension) => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith($"dashboard/{folder}/", StringComparison.Ordinal) && name.EndsWith(extension, StringComparison.Ordinal));

    private static Asset Make(string name, string type, IEnumerable<string> parts)
    {
        using var joined = new MemoryStream();
        foreach (var part in parts)
        {
            using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(part)!;
            resource.CopyTo(joined);
            joined.Write("\n"u8);
        }
        var content = joined.ToArray();
        var version = Convert.ToHexStringLower(SHA256.HashData(content))[..16];
        return new Asset($"/dashboard/assets/{version}/{name}", type + "; charset=utf-8", content, new Lazy<byte[]>(() => Zip(content)));
    }

    private static byte[] Zip(byte[] content)
    {
        using var target = new MemoryStream();
        using (var zip = new GZipStream(target, CompressionLevel.Optimal))
            zip.Write(content);
        return target.ToArray();
    }

    private sealed record Asset(string Url, string Type, byte[] Content, Lazy<byte[]> Zipped);
}
