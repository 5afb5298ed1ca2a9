package playbooktest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/lab"
)

// remediationRole is the member template without what grows with every control: the permissions, which suites need
// none of, since a session must be the limit, and the roles of runbooks. Whom the role trusts and what it is denied is
// all there; a test of package deploy holds it to the template that is released.
//
//go:embed roles/remediation.yaml
var remediationRole string

// runbookRoles has the role of each family of runbooks as a template of its own. A file is read when its family is
// needed, and none is embedded: Go runs the tests of a package anew when something is linked into all of them.
const runbookRoles = "functions/playbooktest/roles/runbooks"

// lender is a world in which runbooks run as something.
type lender interface {
	Lend(ctx context.Context, account, family string) error
}

// lend makes sure that what a control starts has its role.
func lend(t *testing.T, w AWS, account string, c control.Control) {
	t.Helper()
	if l, ok := w.(lender); ok && c.Family != "" {
		Done(t, l.Lend(t.Context(), account, c.Family))
	}
}

// Lend deploys the role of a family of runbooks into an account, once.
func (l *Lab) Lend(ctx context.Context, account, family string) error {
	return l.once(account+"/"+family, func() error {
		template, err := readAbove(filepath.Join(filepath.FromSlash(runbookRoles), family+".yaml"))
		if err != nil {
			return fmt.Errorf("the role of the runbooks of %s: %w: run `make generate`", family, err)
		}
		_, err = l.lab.Deploy(context.WithoutCancel(ctx), lab.Stack{
			Name: "salve-" + family, Account: account, Region: l.lab.Region(), Template: template,
			Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		})
		return err
	})
}

// readAbove reads a file of this module: tests run in the folders of their packages.
func readAbove(name string) (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		var text []byte
		text, err = os.ReadFile(filepath.Join(folder, name))
		if above := filepath.Dir(folder); errors.Is(err, os.ErrNotExist) && above != folder {
			folder, err = above, nil
			continue
		}
		return string(text), err
	}
	return "", err
}
