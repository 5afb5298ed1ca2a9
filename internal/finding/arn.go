package finding

import (
	"regexp"
	"strings"
)

var (
	accountShape = regexp.MustCompile(`^[0-9]{12}$`)
	regionShape  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+){1,2}-[0-9]{1,2}$`)
	serviceShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
)

// partitionOf is the partition a Region is in.
func partitionOf(region string) string {
	prefix, _, _ := strings.Cut(region, "-")
	switch {
	case prefix == "cn":
		return "aws-cn"
	case prefix == "eusc":
		return "aws-eusc"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	case strings.HasPrefix(region, "us-isob-"):
		return "aws-iso-b"
	case strings.HasPrefix(region, "us-isof-"):
		return "aws-iso-f"
	case strings.HasPrefix(region, "us-iso-"):
		return "aws-iso"
	case strings.HasPrefix(region, "eu-isoe-"):
		return "aws-iso-e"
	default:
		return "aws"
	}
}

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
