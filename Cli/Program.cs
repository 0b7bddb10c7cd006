return await Commerce.Cli.CommandLine.Run(args);
