using Orleans.Streams.RabbitMQ.Bench;

return args switch
{
    [] or ["help"] => Help(),
    ["bench", .. var rest] => await Throughput.Run(Number(rest, "--events", 100_000), Number(rest, "--streams", 32), Number(rest, "--window", 512), Number(rest, "--batch", 128)),
    ["chaos", .. var rest] => await Chaos.Run(Number(rest, "--rounds", 20), Number(rest, "--seed", 1)),
    ["silo", var primary, var port, var broker, var folder] => await ChildSilo.Run(int.Parse(primary, null), int.Parse(port, null), int.Parse(broker, null), folder),
    _ => Help(),
};

static int Help()
{
    Console.WriteLine("""
        bench [--events 100000] [--streams 32] [--window 512] [--batch 128]
                                                                end to end events/s, coalesced against one message per event
        chaos [--rounds 20] [--seed 1]                          kill -9 of a silo, of the broker, of both; counts what is missing
        """);
    return 2;
}

static int Number(string[] args, string name, int otherwise) => Array.IndexOf(args, name) is >= 0 and var i ? int.Parse(args[i + 1], null) : otherwise;
