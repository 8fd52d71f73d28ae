using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;

namespace Slotkeeper.Server.Ingress;

/// <summary>
/// Lets in as many requests as can be worked on at once, has a few wait for a moment, and refuses the rest before anything was spent on them: what is let in is done in time, however much is asked for.
/// Routes that work at the database have places of their own, few, as it does no more for being asked more at once; so have the costly ones, so that a hundred bookings that wait for a provider leave the rest alone.
/// </summary>
internal sealed class LoadShedder(RequestDelegate next, ServerSettings settings, IngressMetrics metrics, TimeProvider clock)
{
    /// <summary>Longest wait for a place. Whoever asked is about to give up anyway.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Places usual = new(settings.Ingress.Concurrency, settings.Ingress.Queue);
    private readonly Places database = new(settings.Ingress.DatabaseConcurrency, settings.Ingress.Queue);
    private readonly Places costly = new(settings.Ingress.CostlyConcurrency, settings.Ingress.Queue);

    public Task InvokeAsync(HttpContext context)
    {
        var cost = context.GetEndpoint()?.Metadata.GetMetadata<RouteAccess>()?.Cost ?? 1;
        if (cost == 0)
            return next(context);
        var places = cost >= RouteAccess.Costly ? costly : cost >= RouteAccess.Database ? database : usual;
        if (!places.TryEnter())
            return WaitAsync(context, places);
        Task work;
        try
        {
            work = next(context);
        }
        catch
        {
            places.Leave();
            throw;
        }
        if (!work.IsCompletedSuccessfully)
            return FinishAsync(work, places);
        // The usual case: done already, and nothing was allocated for it.
        places.Leave();
        return Task.CompletedTask;
    }

    private static async Task FinishAsync(Task work, Places places)
    {
        try
        {
            await work;
        }
        finally
        {
            places.Leave();
        }
    }

    private async Task WaitAsync(HttpContext context, Places places)
    {
        if (await places.EnterAsync(Patience, clock, context.RequestAborted))
        {
            try
            {
                await next(context);
            }
            finally
            {
                places.Leave();
            }
            return;
        }
        metrics.Refused("places");
        await new Refusal(StatusCodes.Status503ServiceUnavailable, "overloaded", "The server has more to do than it can; nothing was done. Try again after Retry-After seconds.")
        {
            RetryAfter = Patience,
        }.ExecuteAsync(context);
    }

    /// <summary>Places for work, and a queue before them that is bounded in length and time.</summary>
#pragma warning disable CA1001 // A semaphore holds nothing to give back unless somebody asks for its wait handle, and this one lives as long as the process.
    private sealed class Places(int most, int queue)
#pragma warning restore CA1001
    {
        private readonly SemaphoreSlim free = new(most);
        private int waiting;

        /// <summary>Never before those who wait.</summary>
        public bool TryEnter() => Volatile.Read(ref waiting) == 0 && free.Wait(0);

        public void Leave() => free.Release();

        /// <returns>False when there was no room in the queue, or no place in time.</returns>
        public async Task<bool> EnterAsync(TimeSpan patience, TimeProvider clock, CancellationToken cancellationToken)
        {
            try
            {
                if (Interlocked.Increment(ref waiting) > queue)
                    return false;
                using var over = new CancellationTokenSource(patience, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
                await free.WaitAsync(either.Token);
                return true;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
            finally
            {
                Interlocked.Decrement(ref waiting);
            }
        }
    }
}
