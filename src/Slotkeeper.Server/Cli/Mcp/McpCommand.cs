using System.CommandLine;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Slotkeeper.Server.Cli.Transfer;

namespace Slotkeeper.Server.Cli.Mcp;

/// <summary>
/// The tools over standard input and output, for programs that start their tools themselves. Carries each message to a running server and its answers back, so that there is
/// one implementation of every tool and one owner of the database.
/// </summary>
internal sealed class McpCommand : CliCommand
{
    private readonly Option<string?> server;
    private readonly Option<string?> key;

    public McpCommand(Terminal terminal) : base("mcp", "Offer the tools of a running server to a model, over standard input and output (Model Context Protocol).", terminal)
    {
        server = Adding(RunningServer.UrlOption());
        key = Adding(OptionOf.Text("--key", "key", $"API key, best one of role agent. Default: {RunningServer.KeyVariable}, which no list of processes shows."));
    }

    public override IReadOnlyList<string> Examples => ["mcp", "mcp --server https://slotkeeper.example.com"];

    public override IReadOnlyList<(int Code, string Meaning)> ExitCodes =>
    [
        (ExitCode.Done, "standard input has ended"),
        (ExitCode.Failed, "the server refuses the key"),
        (ExitCode.WrongUsage, "an option is wrong"),
        (ExitCode.NotReachable, "the server does not answer at the start"),
        (ExitCode.Interrupted, "interrupted by Ctrl-C"),
    ];

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var source = RunningServer.Of(parsed.GetValue(server), parsed.GetValue(key), Terminal);
        // Whoever starts this sees at once, and in words, that the address or the key is wrong.
        using (await source.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri("v1/workspaces?limit=1", UriKind.Relative)), cancellationToken))
        {
        }
        await using var input = Terminal.OpenInput();
        await using var output = Terminal.OpenOutput();
        await using var local = new StreamServerTransport(input, output, CommandLine.Program);
        await using var remote = await source.Tools().ConnectAsync(cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answers = CarryBackAsync(remote, local, ended.Token);
        await CarryThereAsync(local, remote, source, cancellationToken);
        await ended.CancelAsync();
        await answers;
        return ExitCode.Done;
    }

    /// <summary>Each request is carried by itself: a slow one keeps none of the others waiting.</summary>
    private static async Task CarryThereAsync(ITransport local, ITransport remote, RunningServer source, CancellationToken cancellationToken)
    {
        var under = new List<Task>();
        await foreach (var message in local.MessageReader.ReadAllAsync(cancellationToken))
        {
            under.RemoveAll(static task => task.IsCompleted);
            var carried = CarryAsync(message);
            // A client goes on only after it was answered, but what it only tells has to come in order.
            if (message is JsonRpcRequest)
                under.Add(carried);
            else
                await carried;
        }
        await Task.WhenAll(under);

        async Task CarryAsync(JsonRpcMessage message)
        {
            try
            {
                await remote.SendMessageAsync(message, cancellationToken);
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or McpException or InvalidOperationException && message is JsonRpcRequest request)
            {
                await local.SendMessageAsync(
                    new JsonRpcError { Id = request.Id, Error = new JsonRpcErrorDetail { Code = (int)McpErrorCode.InternalError, Message = source.NotReachable(fault.Message).Message } }, cancellationToken);
            }
        }
    }

    private static async Task CarryBackAsync(ITransport remote, ITransport local, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in remote.MessageReader.ReadAllAsync(cancellationToken))
                await local.SendMessageAsync(message, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Standard input has ended: nobody waits for more.
        }
    }
}
