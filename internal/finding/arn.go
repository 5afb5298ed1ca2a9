package finding

import (
	"regexp"
	"strings"
)

var (
	accountShape = regexp.MustCompile(`^[0-9]{12}$`)
	serviceShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
)

// arn is an Amazon Resource Name in its parts.
type arn struct{ partition, service, region, account, resource string }

// parseARN splits an ARN. Region and account are empty where the service has none.
func parseARN(text string) (arn, bool) {
	const parts = 6
	p := strings.SplitN(text, ":", parts)
	if len(p) != parts || p[0] != "arn" || p[5] == "" || !serviceShape.MatchString(p[2]) {
		return arn{}, false
	}
	return arn{partition: p[1], service: p[2], region: p[3], account: p[4], resource: p[5]}, true
}
