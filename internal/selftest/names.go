package selftest

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
)

// partitioned is the ARN of something without Region and account, in the partition of the Region.
func partitioned(cfg aws.Config, service, account, rest string) string {
	home, _, _ := strings.Cut(finding.ControlProduct(cfg.Region), ":securityhub:")
	region := cfg.Region
	if account == "" {
		region = ""
	}
	return strings.Join([]string{home, service, region, account, rest}, ":")
}

// gone is an error of a removal, and none where there was nothing to remove.
func gone(err error) error {
	if err == nil || fault.Of(err) == fault.Gone {
		return nil
	}
	return fmt.Errorf("remove: %w", err)
}
