package organisationtest

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// roles are the IAM of all accounts, as far as services need it: emulators answer it in the lab.
type roles struct {
	mu  sync.Mutex
	all map[string]map[string]bool // account and role: the policies that are attached
}

// ServeHTTP implements http.Handler.
func (r *roles) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	body, _ := io.ReadAll(in.Body)
	form, _ := url.ParseQuery(string(body))
	account, action := in.Header.Get("X-Lab-Account"), form.Get("Action")
	r.mu.Lock()
	defer r.mu.Unlock()
	status, text := r.do(account, action, form)
	out.Header().Set("Content-Type", "text/xml")
	out.WriteHeader(status)
	_, _ = io.WriteString(out, text) // a recorder takes everything
}

// linkedRoles are what service-linked roles are called.
func linkedRoles() map[string]string {
	return map[string]string{
		"config.amazonaws.com": "AWSServiceRoleForConfig", "access-analyzer.amazonaws.com": "AWSServiceRoleForAccessAnalyzer",
	}
}

func (r *roles) do(account, action string, form url.Values) (int, string) {
	name, linked := form.Get("RoleName"), action == "CreateServiceLinkedRole"
	if linked {
		name = linkedRoles()[form.Get("AWSServiceName")]
	}
	if action == "ListRoles" {
		return iamYes(action, r.linked(account, form.Get("PathPrefix")))
	}
	key := account + " " + name
	_, there := r.all[key]
	switch {
	case linked && there:
		return iamNo(http.StatusBadRequest, "InvalidInput", "Service role name "+name+" has been taken in this account.")
	case action == "CreateRole" && there:
		return iamNo(http.StatusConflict, "EntityAlreadyExists", "Role with name "+name+" already exists.")
	case linked, action == "CreateRole":
		r.all[key] = map[string]bool{}
		return iamYes(action, role(account, name))
	case !there:
		return iamNo(http.StatusNotFound, "NoSuchEntity", "The role with name "+name+" cannot be found.")
	case action == "GetRole":
		return iamYes(action, role(account, name))
	}
	return r.change(action, key, form.Get("PolicyArn"))
}

// linked are the service-linked roles that an account has under a path.
func (r *roles) linked(account, path string) string {
	inside := "<IsTruncated>false</IsTruncated><Roles>"
	for principal, name := range linkedRoles() {
		if _, there := r.all[account+" "+name]; there && path == "/aws-service-role/"+principal+"/" {
			inside += "<member>" + inner(account, name) + "</member>"
		}
	}
	return inside + "</Roles>"
}

// change is about a role that is there, and its policies.
func (r *roles) change(action, key, policy string) (int, string) {
	attached, inside := r.all[key], ""
	switch action {
	case "ListAttachedRolePolicies":
		inside = "<IsTruncated>false</IsTruncated><AttachedPolicies>"
		for _, arn := range slices.Sorted(maps.Keys(attached)) {
			inside += "<member><PolicyName>" + arn[strings.LastIndexByte(arn, '/')+1:] + "</PolicyName><PolicyArn>" + arn +
				"</PolicyArn></member>"
		}
		inside += "</AttachedPolicies>"
	case "AttachRolePolicy":
		attached[policy] = true
	case "DetachRolePolicy":
		delete(attached, policy)
	case "DeleteRole":
		if len(attached) > 0 {
			return iamNo(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
		}
		delete(r.all, key)
	default:
		return iamNo(http.StatusNotImplemented, "NotImplemented", action)
	}
	return iamYes(action, inside)
}

func iamYes(action, inside string) (int, string) {
	const namespace = ` xmlns="https://iam.amazonaws.com/doc/2010-05-08/"`
	return http.StatusOK, "<" + action + "Response" + namespace + "><" + action + "Result>" + inside + "</" + action +
		"Result></" + action + "Response>"
}

func role(account, name string) string {
	return "<Role>" + inner(account, name) + "</Role>"
}

func inner(account, name string) string {
	return "<Path>/</Path><RoleName>" + name + "</RoleName><RoleId>AROALAB</RoleId><Arn>arn:aws:iam::" + account +
		":role/" + name + "</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
}

func iamNo(status int, code, message string) (int, string) {
	return status, "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message +
		"</Message></Error></ErrorResponse>"
}

// copied are all roles, to be compared.
func (r *roles) copied() map[string][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string][]string{}
	for key, attached := range r.all {
		all[key] = slices.Sorted(maps.Keys(attached))
	}
	return all
}
