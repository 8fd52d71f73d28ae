#pragma warning disable RS0030 // The command line gets its clock here, like everything else that is started with it.
return await Slotkeeper.Server.Cli.CommandLine.RunAsync(args, TimeProvider.System);
#pragma warning restore RS0030
