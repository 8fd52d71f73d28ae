using System.Diagnostics;
using System.Net;
using System.Reflection;
using Slotkeeper.Holds;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Testing.Databases;
using Xunit;

namespace Slotkeeper.Server.Tests.Tenancy;

/// <summary>Nobody learns from an answer, from the time it took or by guessing whether something of another agency is there.</summary>
public sealed class SameAnswerTests(SharedPostgres postgres)
{
    private const int Pairs = 400;

    /// <summary>Far above what a look into the database differs by, far below what could be told over a network.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromMilliseconds(5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Foreign_and_missing_things_get_one_answer_in_one_time(bool onPostgres)
    {
        string? url = null;
        if (onPostgres)
        {
            if (PostgresServer.MissingBecause is { } reason && !PostgresServer.IsRequired)
                Assert.Skip(reason);
            var database = await postgres.ServerAsync(TestContext.Current.CancellationToken);
            url = database.Url(await database.CreateDatabaseAsync(null, TestContext.Current.CancellationToken));
        }
        await using var server = await TestServer.StartAsync(new() { ["DATABASE_URL"] = url });
        var own = await server.CreateAgencyAsync("own");
        var key = await server.CreateKeyAsync(own, "agency");
        var foreign = await RouteMatrixTests.Things.MakeAsync(server, "foreign");
        var kinds = new (HttpMethod Method, string Path, string Foreign, Func<string> Missing)[]
        {
            (HttpMethod.Get, "/v1/agencies/", foreign.Agency, () => Ids.New(Ids.Agency)),
            (HttpMethod.Get, "/v1/workspaces/", foreign.Workspace, () => Ids.New(Ids.Workspace)),
            (HttpMethod.Get, "/v1/connections/", foreign.Connection, () => Ids.New(Ids.Connection)),
            (HttpMethod.Get, "/v1/webhooks/", foreign.Webhook, () => Ids.New(Ids.Webhook)),
            (HttpMethod.Get, "/v1/deliveries/", foreign.Delivery, () => Ids.NewInOrder(Ids.Delivery, RealClock.Instance.GetUtcNow())),
            (HttpMethod.Get, "/v1/bookings/", foreign.Booking, () => Ids.New(Ids.Booking)),
            (HttpMethod.Get, "/v1/follow-ups/", foreign.FollowUp, () => Ids.New(Ids.FollowUp)),
            (HttpMethod.Delete, "/v1/holds/", foreign.Hold, () => HoldId.New(Ids.New(Ids.Workspace))),
            (HttpMethod.Delete, "/v1/keys/", foreign.Key, () => Ids.New(Ids.Key)),
        };
        foreach (var (method, path, foreignId, missing) in kinds)
        {
            var differences = new List<double>(Pairs);
            for (var pair = 0; pair < Pairs; pair++)
            {
                // Side by side and each first in turn: what slows the machine down slows both.
                var missingId = missing();
                var foreignFirst = pair % 2 == 0;
                var (first, firstTook) = await AskAsync(foreignFirst ? foreignId : missingId);
                var (second, secondTook) = await AskAsync(foreignFirst ? missingId : foreignId);
                Assert.Equal(first.ExpectProblem(HttpStatusCode.NotFound, "not_found").WithoutTrace, second.ExpectProblem(HttpStatusCode.NotFound, "not_found").WithoutTrace);
                Assert.Equal(first.Headers.Keys.Order(), second.Headers.Keys.Order());
                differences.Add(foreignFirst ? firstTook - secondTook : secondTook - firstTook);
            }
            differences.Sort();
            var median = differences[Pairs / 2];
            TestContext.Current.SendDiagnosticMessage($"{method} {path}: foreign takes {median:N3} ms longer than missing");
            Assert.True(Math.Abs(median) < Most.TotalMilliseconds, $"{method} {path}: foreign things take {median:N3} ms longer than missing ones.");

            async Task<(Reply Reply, double Milliseconds)> AskAsync(string id)
            {
                var began = Stopwatch.GetTimestamp();
                var reply = await server.SendAsync(method, path + id, key);
                return (reply, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }
    }

    [Fact]
    public void Every_id_and_key_holds_at_least_122_bits_that_nobody_can_guess()
    {
        const int Least = 122;
        var prefixes = typeof(Ids).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).ToList();
        Assert.NotEmpty(prefixes);
        var now = RealClock.Instance.GetUtcNow();
        foreach (var make in prefixes.Select(prefix => (Func<string>)(() => Ids.New(prefix)[prefix.Length..]))
            .Append(() => Ids.NewInOrder(Ids.Delivery, now)[(Ids.Delivery.Length + 10)..])
            .Append(() => HoldId.New("ws_x")[Ids.Hold.Length..^".ws_x".Length])
            .Append(() => KeyIssuer.Issue("k", Workspaces.Role.Admin, null, null, now, null).Key.Split('_')[^1]))
            Assert.True(Bits(make) >= Least, $"{make()} has {Bits(make):N1} bits");
    }

    /// <summary>What is random in a text, by how many letters stand at each place of many: with 2,000 of them every letter of an alphabet of 32 is seen.</summary>
    private static double Bits(Func<string> make)
    {
        var many = Enumerable.Range(0, 2000).Select(_ => make()).ToList();
        return Enumerable.Range(0, many.Min(one => one.Length)).Sum(place => Math.Log2(many.Select(one => one[place]).Distinct().Count()));
    }
}
