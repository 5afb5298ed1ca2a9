package finding_test

import (
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

// Security Hub writes an account in three ways, which are one piece of work.
func TestAccountIsOneResource(t *testing.T) {
	for _, id := range []string{"AWS::::Account:" + account, account, "arn:aws:iam::" + account + ":root"} {
		raw := samples()["account as root user"]
		delete(raw.ProductFields, "Resources:0/Id")
		raw.Resources[0].ID = id
		f, err := finding.Identify(raw, lists(t))
		if err != nil || f.Resource.ID != "AWS::::Account:"+account {
			t.Errorf("%s is resource %s, %v", id, f.Resource.ID, err)
		}
	}
}
