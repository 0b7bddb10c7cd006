using Orleans.Streams.RabbitMQ.Tests.Setup;

[assembly: AssemblyFixture(typeof(Servers))]
