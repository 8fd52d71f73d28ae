using Slotkeeper.Server;

return await ServeCommand.RunAsync();
