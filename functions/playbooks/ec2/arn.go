package ec2

import "regexp"

// arnOf accepts the ARNs of a kind of resource in every partition, with ids of before 2018 too.
func arnOf(kind, prefix string) *regexp.Regexp {
	return regexp.MustCompile(
		`^arn:aws[a-z-]*:ec2:[a-z0-9-]+:\d{12}:` + kind + `/(` + prefix + `-(?:[0-9a-f]{17}|[0-9a-f]{8}))$`)
}
