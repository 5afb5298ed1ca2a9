package names

import (
	"regexp"
	"strings"
)

// RegionForm is what Regions are called, in all partitions, as part of a regular expression: eu-west-1,
// us-gov-west-1, ap-southeast-10, eusc-de-east-1.
const RegionForm = `[a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]{1,2}`

var regionShape = regexp.MustCompile(`^` + RegionForm + `$`)

// IsRegion tells that a text is called as Regions are.
func IsRegion(text string) bool { return regionShape.MatchString(text) }

// PartitionOf is the partition a Region is in.
// Source: the SDK's partitions.json, of which this is what Regions begin with.
func PartitionOf(region string) string {
	for _, of := range [][2]string{
		{"cn-", "aws-cn"},
		{"eusc-", "aws-eusc"},
		{"us-gov-", "aws-us-gov"},
		{"us-isob-", "aws-iso-b"},
		{"us-isof-", "aws-iso-f"},
		{"us-iso-", "aws-iso"},
		{"eu-isoe-", "aws-iso-e"},
	} {
		if strings.HasPrefix(region, of[0]) {
			return of[1]
		}
	}
	return "aws"
}
