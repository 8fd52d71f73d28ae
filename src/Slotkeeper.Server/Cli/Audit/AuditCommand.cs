using System.CommandLine;

namespace Slotkeeper.Server.Cli.Audit;

/// <summary>What can be done with the audit from here.</summary>
internal sealed class AuditCommand : Command
{
    public AuditCommand(Terminal terminal) : base("audit", "The record of who changed what.") => Add(new AuditVerifyCommand(terminal));
}
