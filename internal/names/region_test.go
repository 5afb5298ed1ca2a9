package names_test

import (
	"testing"

	"github.com/salve-security/salve/internal/names"
)

// TestRegions: of every partition, of two digits too; and what only looks like one.
func TestRegions(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "us-east-1": "aws", "ap-southeast-7": "aws", "mx-central-1": "aws", "ap-southeast-10": "aws",
		"cn-north-1": "aws-cn", "cn-northwest-1": "aws-cn",
		"us-gov-west-1": "aws-us-gov", "us-gov-east-1": "aws-us-gov",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e",
		"us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	} {
		if got := names.PartitionOf(region); got != want || !names.IsRegion(region) {
			t.Errorf("%s: a Region: %v, of %s, want %s", region, names.IsRegion(region), got, want)
		}
	}
	for _, text := range []string{
		"", "global", "eu-west", "eu-west-1a", "EU-WEST-1", "eu-west-1\n", "e-w-1", "eu-west-100",
	} {
		if names.IsRegion(text) {
			t.Errorf("%q is taken for a Region", text)
		}
	}
}
