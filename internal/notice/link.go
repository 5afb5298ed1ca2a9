package notice

import (
	"net/url"
	"regexp"

	"github.com/salve-security/salve/internal/names"
)

// Link returns the address of a finding in the console of Security Hub, empty when the Region or the id does not look
// like one, or nothing says where the console of its partition is. It is the only link a message has, and nothing in it
// is text of strangers that is not percent-encoded.
func Link(region, finding string) string {
	if len(finding) > maxName || !regexp.MustCompile(`^[\w:/.+=@,-]+$`).MatchString(finding) ||
		!names.IsRegion(region) {
		return ""
	}
	domain, known := map[string]string{
		"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
	}[names.PartitionOf(region)]
	if !known {
		return "" // no link is better than one that leads elsewhere
	}
	// The console keeps its filter, "Id=\operator\:EQUALS\:<id>", encoded twice in the fragment.
	filter := "Id%3D%255Coperator%255C%253AEQUALS%255C%253A" + url.QueryEscape(url.QueryEscape(finding))
	return "https://" + region + "." + domain + "/securityhub/home?region=" + region + "#/findings?search=" + filter
}
