package deploy_test

import (
	"os"
	"os/exec"
	"testing"
)

// TestTemplatesInEveryRegion has cfn-lint compare types, attributes and values with what CloudFormation offers in every
// Region it knows, of all partitions. It is left out where make lint has not installed it: that runs the same.
func TestTemplatesInEveryRegion(t *testing.T) {
	const linter = "../.cfn-lint/bin/cfn-lint"
	if _, err := os.Stat(linter); err != nil || testing.Short() {
		t.Skip("without cfn-lint, which make lint installs; it looks at the same")
	}
	out, err := exec.CommandContext(t.Context(), linter, "-r", "ALL_REGIONS", "--", "hub.yaml", "member.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
