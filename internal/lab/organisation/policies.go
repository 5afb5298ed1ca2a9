package organisation

import (
	"encoding/json"
	"net/http"
)

const policyID = "a1b2c3d4-5678-90ab-cdef-000000000001" // of the one configuration policy that there can be here

// central is open for the administrator in the Region from which Security Hub is configured centrally.
func (w *World) central(do operation) operation {
	return w.hubOn(func(c call) (any, error) {
		words := securityHubWords()
		p, err := w.administrator("securityhub", words, c)
		if err != nil {
			return nil, err
		}
		if !p.isCentral() {
			return nil, refuse(http.StatusForbidden, "AccessDeniedException",
				"Must be a Security Hub delegated administrator with Central Configuration enabled")
		}
		return do(c)
	})
}

func (w *World) policies(c call) (any, error) {
	list := []any{}
	if set, there := w.in("securityhub", c.region).Set["policy"].(map[string]any); there {
		list = append(list, map[string]any{"Id": policyID, "Name": set["Name"], "ServiceEnabled": true})
	}
	return map[string]any{"ConfigurationPolicySummaries": list}, nil
}

// policyRequest is what makes or changes a policy; its body goes back as it came.
type policyRequest struct {
	Name                string
	Description         string
	ConfigurationPolicy json.RawMessage
}

func (w *World) createPolicy(c call) (any, error) {
	var in policyRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p := w.in("securityhub", c.region)
	words := securityHubWords()
	if p.Set["policy"] != nil {
		return nil, words.no(words.conflict, "a policy of that name exists")
	}
	set := map[string]any{
		"Id": policyID, "Name": in.Name, "Description": in.Description, "ConfigurationPolicy": in.ConfigurationPolicy,
	}
	p.Set["policy"] = set
	return set, nil
}

func (w *World) policy(c call) (any, error) {
	set, there := w.in("securityhub", c.region).Set["policy"].(map[string]any)
	if !there || c.path("id") != policyID {
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "no such policy")
	}
	return set, nil
}

func (w *World) updatePolicy(c call) (any, error) {
	got, err := w.policy(c)
	if err != nil {
		return nil, err
	}
	var in policyRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	set, _ := got.(map[string]any)
	set["ConfigurationPolicy"] = in.ConfigurationPolicy
	return set, nil
}

// associated is the association of the root, the one that is played.
func associated(status string) map[string]any {
	return map[string]any{
		"ConfigurationPolicyId": policyID, "TargetType": "ROOT", "AssociationType": "APPLIED", "AssociationStatus": status,
	}
}

func (w *World) association(c call) (any, error) {
	p := w.in("securityhub", c.region)
	status, there := p.Set["association"].(string)
	if !there {
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "no association")
	}
	if status == "PENDING" {
		p.Set["association"] = "SUCCESS" // for whoever looks next
	}
	return associated(status), nil
}

func (w *World) associate(c call) (any, error) {
	var in struct {
		ConfigurationPolicyIdentifier string
		Target                        struct {
			RootID string `json:"RootId"`
		}
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	words := securityHubWords()
	p := w.in("securityhub", c.region)
	if in.ConfigurationPolicyIdentifier != policyID || p.Set["policy"] == nil || in.Target.RootID != w.org.Root {
		return nil, words.no(words.invalid, "no such policy or root")
	}
	p.Set["association"] = "PENDING"
	for _, region := range w.options.Regions {
		for _, account := range append([]string{w.options.Management}, w.options.Accounts...) {
			if account != c.account {
				w.join(w.in("securityhub", region), region, account)
			}
		}
	}
	return associated("PENDING"), nil
}

func (w *World) disassociate(c call) (any, error) {
	delete(w.in("securityhub", c.region).Set, "association")
	return struct{}{}, nil
}

func (w *World) associations(c call) (any, error) {
	p := w.in("securityhub", c.region)
	list := []any{}
	if p.Set["association"] != nil {
		for account := range p.Members {
			list = append(list, map[string]any{
				"TargetId": account, "TargetType": "ACCOUNT", "ConfigurationPolicyId": policyID, "AssociationStatus": "SUCCESS",
				"AssociationType": "INHERITED",
			})
		}
	}
	return map[string]any{"ConfigurationPolicyAssociationSummaries": list}, nil
}
