#pragma warning disable RS0030 // The one place of the command line that names the system clock.
return await Slotkeeper.Server.Cli.CommandLine.RunAsync(args, TimeProvider.System);
#pragma warning restore RS0030
