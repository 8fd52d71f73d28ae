using System.Diagnostics;
using Shouldly;
using Slotkeeper.Bookings;
using Slotkeeper.Testing.Databases;
using Slotkeeper.Workspaces;
using Xunit;

namespace Slotkeeper.Storage.Tests;

/// <summary>What it costs to act for an agency: the same work in turns with and without.</summary>
[Collection(AloneOnTheServer.Name)]
public sealed class RowSecurityCostOnPostgres(SharedPostgres postgres) : BookingSpec(new PostgresTestDatabase(postgres))
{
    private const int Pairs = 300;

    /// <summary>Where a round trip takes longer than that it is the machine's.</summary>
    private const double MostMilliseconds = 3;

    [Fact]
    public async Task Acting_for_an_agency_costs_a_booking_and_a_look_up_little()
    {
        var agency = await Some.AgencyAsync(Storage);
        OwnAgency = agency.Id;
        var connection = await Some.ConnectionAsync(Storage, agency.Id);
        var calendar = await Some.CalendarAsync(Storage, Some.Link() with { ConnectionId = connection.Id }, agency.Id);
        var start = Some.Monday;

        (await MedianAsync("a look-up", () => Storage.Connections.FindAsync(connection.Id, Token))).ShouldBeLessThan(MostMilliseconds);
        (await MedianAsync("the beginning of a booking", () => BegunAsync(calendar, start = start.AddHours(1), Key() with { Tenant = agency.Id }))).ShouldBeLessThan(MostMilliseconds);

        async Task<double> MedianAsync(string what, Func<Task> work)
        {
            var (acting, not) = (new List<double>(), new List<double>());
            for (var pair = -30; pair < Pairs; pair++)
            {
                foreach (var isActing in pair % 2 == 0 ? new[] { true, false } : [false, true])
                {
                    ActingAgency.Id = isActing ? agency.Id : null;
                    var began = Stopwatch.GetTimestamp();
                    await work();
                    if (pair >= 0)
                        (isActing ? acting : not).Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
            }
            ActingAgency.Id = null;
            var (with, without) = (acting.Order().ElementAt(Pairs / 2), not.Order().ElementAt(Pairs / 2));
            TestContext.Current.SendDiagnosticMessage($"{what}: {without:N3} ms, acting for an agency {with:N3} ms");
            return with - without;
        }
    }
}
