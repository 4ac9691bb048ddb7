using Microsoft.AspNetCore.Http;
using Realtime.Server.Routing;

namespace Realtime.Tests.Routing;

internal sealed class IdInQueryTests
{
    [TestCase("?id=a", ExpectedResult = "?id=new")]
    [TestCase("?id=a&_=1700000000000", ExpectedResult = "?id=new&_=1700000000000")]
    [TestCase("?x=%7e%2F+ä&ID=a&y", ExpectedResult = "?x=%7e%2F+ä&id=new&y", TestName = "Everything else stays byte for byte")]
    [TestCase("?%69d=a", ExpectedResult = "?id=new", TestName = "An escaped name is the same name")]
    [TestCase("?idx=a&xid=b", ExpectedResult = "?idx=a&xid=b")]
    [TestCase("", ExpectedResult = "")]
    public string The_id_is_replaced(string query) => Replace(query, "new");

    [TestCase("?id=a", ExpectedResult = "")]
    [TestCase("?id=a&y=1", ExpectedResult = "?y=1")]
    [TestCase("?x=1&id=a&y=1", ExpectedResult = "?x=1&y=1")]
    public string The_id_is_dropped(string query) => Replace(query, null);

    private static string Replace(string query, string? id)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        IdInQuery.Replace(request, id);
        return request.QueryString.Value!;
    }
}
