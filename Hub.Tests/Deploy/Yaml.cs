using System.Text.Json.Nodes;
using Realtime.Tests.Support;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Realtime.Tests.Deploy;

/// <summary>Reads the YAML files under <c>deploy/</c>, anchors and merges resolved, as JSON.</summary>
internal static class Yaml
{
    /// <summary>The documents of a file. A name given twice in one mapping is an error.</summary>
    public static List<JsonNode> Read(string relative)
    {
        using var text = File.OpenText(Repository.PathOf(relative));
        var parser = new MergingParser(new Parser(text));
        var deserializer = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
        var serializer = new SerializerBuilder().JsonCompatible().Build();
        parser.Consume<StreamStart>();
        var documents = new List<JsonNode>();
        while (parser.Accept<DocumentStart>(out _)) documents.Add(JsonNode.Parse(serializer.Serialize(deserializer.Deserialize(parser)!))!);
        return documents;
    }
}
