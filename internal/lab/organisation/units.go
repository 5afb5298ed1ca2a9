package organisation

import (
	"fmt"
	"net/http"
	"strings"
)

func (w *World) listParents(c call) (any, error) {
	var in struct {
		ChildID string `json:"ChildId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	parent, known := w.org.Parents[in.ChildID]
	if !known {
		return nil, refuse(http.StatusBadRequest, "ChildNotFoundException",
			"We can't find an organizational unit (OU) or AWS account with the ChildId that you specified.")
	}
	kind := "ORGANIZATIONAL_UNIT"
	if parent == w.org.Root {
		kind = "ROOT"
	}
	return map[string]any{"Parents": []any{map[string]any{"Id": parent, "Type": kind}}}, nil
}

// listAccountsForParent and listUnitsForParent page three by three.
func (w *World) listAccountsForParent(c call) (any, error) {
	return w.children(c, "Accounts", func(id string) (any, bool) {
		return map[string]any{
			"Id": id, "Status": "ACTIVE", "State": "ACTIVE", "Arn": w.arn("account/" + w.options.ID + "/" + id),
		}, w.org.Units[id] == ""
	})
}

func (w *World) listUnitsForParent(c call) (any, error) {
	return w.children(c, "OrganizationalUnits", func(id string) (any, bool) {
		return map[string]any{
			"Id": id, "Name": w.org.Units[id], "Arn": w.arn("ou/" + w.options.ID + "/" + id),
		}, w.org.Units[id] != ""
	})
}

// children are those of a root or unit that are shown.
func (w *World) children(c call, name string, shown func(id string) (any, bool)) (any, error) {
	var in struct {
		ParentID  string `json:"ParentId"`
		NextToken string
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.ParentID != w.org.Root && w.org.Units[in.ParentID] == "" {
		return nil, refuse(http.StatusBadRequest, "ParentNotFoundException", "We can't find a root or OU with the ParentId.")
	}
	in.NextToken = strings.TrimPrefix(in.NextToken, "after-")
	all := map[string]string{}
	for id, parent := range w.org.Parents {
		if _, ok := shown(id); ok && parent == in.ParentID {
			all[id] = id
		}
	}
	page, next := pageOf(all, in.NextToken)
	list := []any{}
	for _, id := range page {
		one, _ := shown(id)
		list = append(list, one)
	}
	out := map[string]any{name: list}
	if next != "" {
		out["NextToken"] = "after-" + next
	}
	return out, nil
}

// listTags answers in pages of three.
func (w *World) listTags(c call) (any, error) {
	var in struct {
		ResourceID string `json:"ResourceId"`
		NextToken  string
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if w.org.Parents[in.ResourceID] == "" {
		return nil, refuse(http.StatusBadRequest, "TargetNotFoundException", "We can't find a target.")
	}
	page, next := pageOf(w.org.Tags[in.ResourceID], in.NextToken)
	list := []any{}
	for _, key := range page {
		list = append(list, map[string]any{"Key": key, "Value": w.org.Tags[in.ResourceID][key]})
	}
	out := map[string]any{"Tags": list}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}

func (w *World) tagResource(c call) (any, error) {
	var in struct {
		ResourceID string `json:"ResourceId"`
		Tags       []struct{ Key, Value string }
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if w.org.Tags[in.ResourceID] == nil {
		w.org.Tags[in.ResourceID] = map[string]string{}
	}
	for _, tag := range in.Tags {
		w.org.Tags[in.ResourceID][tag.Key] = tag.Value
	}
	return struct{}{}, nil
}

func (w *World) createUnit(c call) (any, error) {
	var in struct {
		ParentID string `json:"ParentId"`
		Name     string
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if in.ParentID != w.org.Root && w.org.Units[in.ParentID] == "" {
		return nil, refuse(http.StatusBadRequest, "ParentNotFoundException", "We can't find a root or OU with the ParentId.")
	}
	id := fmt.Sprintf("ou-lab1-%08d", len(w.org.Units)+1)
	w.org.Units[id], w.org.Parents[id] = in.Name, in.ParentID
	return map[string]any{"OrganizationalUnit": map[string]any{
		"Id": id, "Name": in.Name, "Arn": w.arn("ou/" + w.options.ID + "/" + id),
	}}, nil
}

func (w *World) createAccount(c call) (any, error) {
	var in struct{ AccountName, Email string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	id := fmt.Sprintf("7%011d", len(w.org.Made)+1)
	w.org.Made[id], w.org.Names[id], w.org.Parents[id] = &in.AccountName, in.AccountName, w.org.Root
	return map[string]any{"CreateAccountStatus": map[string]any{
		"Id": "car-" + id, "AccountId": id, "AccountName": in.AccountName, "State": "SUCCEEDED",
	}}, nil
}

func (w *World) moveAccount(c call) (any, error) {
	var in struct {
		AccountID           string `json:"AccountId"`
		SourceParentID      string `json:"SourceParentId"`
		DestinationParentID string `json:"DestinationParentId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	switch {
	case w.org.Parents[in.AccountID] == "":
		return nil, refuse(http.StatusBadRequest, "AccountNotFoundException", "You specified an account that doesn't exist.")
	case w.org.Parents[in.AccountID] != in.SourceParentID:
		return nil, refuse(http.StatusBadRequest, "SourceParentNotFoundException", "The account is not there.")
	case in.DestinationParentID != w.org.Root && w.org.Units[in.DestinationParentID] == "":
		return nil, refuse(http.StatusBadRequest, "DestinationParentNotFoundException", "There is no such root or OU.")
	}
	w.org.Parents[in.AccountID] = in.DestinationParentID
	return struct{}{}, nil
}
