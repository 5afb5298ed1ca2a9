package deploy_test

import (
	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// registry holds the controls that the member template is written for.
func registry() (control.Registry, error) {
	standards, err := playbooks.Load()
	if err != nil {
		return control.Registry{}, err
	}
	return controls.All(standards.Listing)
}
