package notice

import (
	"net/url"
	"regexp"
	"strings"
)

// Link returns the address of a finding in the console of Security Hub, empty when the Region or the id
// does not look like one. It is the only link a message has, and nothing in it is text of strangers that
// is not percent-encoded.
func Link(region, finding string) string {
	if len(finding) > maxName || !regexp.MustCompile(`^[\w:/.+=@,-]+$`).MatchString(finding) ||
		!regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d$`).MatchString(region) {
		return ""
	}
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	}
	// The console keeps its filter, "Id=\operator\:EQUALS\:<id>", encoded twice in the fragment.
	filter := "Id%3D%255Coperator%255C%253AEQUALS%255C%253A" + url.QueryEscape(url.QueryEscape(finding))
	return "https://" + region + "." + domain + "/securityhub/home?region=" + region + "#/findings?search=" + filter
}
