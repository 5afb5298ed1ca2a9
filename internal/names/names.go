// Package names holds what the templates, the function and the command line must spell alike:
// names of resources, environment variables and the times that depend on each other.
package names

// Resources of the hub, as deploy/hub.yaml creates them.
const (
	Table          = "salve"
	NowQueue       = "salve-now"
	BulkQueue      = "salve-bulk"
	ApprovalsQueue = "salve-approvals" // answers to plans that wait
	DeadQueue      = "salve-dlq"
	Function       = "salve-orchestrator"
	FunctionRole   = "salve-orchestrator"
	OperatorRole   = "salve-operator" // what people work as at the command line
	LimitedRole    = "salve-operator-limited"
	LookPolicy     = "salve-look" // the policies that people get are called as the roles that they lead to
	WorkPolicy     = "salve-work"
	ViewerPolicy   = "salve-viewer"   // for people who read
	ApproverPolicy = "salve-approver" // for people who answer plans that wait
	AuditLogGroup  = "/salve/audit"
	NoticesTopic   = "salve-notices" // text for people, by email, and JSON for programs
	ChatTopic      = "salve-chat"    // custom notifications of Amazon Q Developer, where there is a channel
	Schedule       = "salve-sweep"
	SweepRole      = "salve-sweep"
	ChatRole       = "salve-chat"
	ImportedRule   = "salve-imported" // findings that Security Hub reports
	ClickedRule    = "salve-clicked"  // presses of Remediate
	ServiceMetrics = "Salve"          // namespace of the metrics
)

// Enabler is what deploy/organization.yaml creates in the management account: function, role, and the name of its
// sessions elsewhere.
const (
	Enabler    = "salve-enabler"
	EnablerLog = "/salve/enabler"
)

// The roles Salve assumes in every member account, as deploy/member.yaml creates them: MemberRole, and for what decides
// who may do what the one that is called after it.
const (
	MemberRole     = "salve-remediation"
	IdentitySuffix = "-iam"
	IdentityRole   = MemberRole + IdentitySuffix
)

// What runbooks are called and what they run as.
const (
	// RunbookRoles is the path of the roles of a member account that runbooks run as, one for each family of them.
	RunbookRoles = "/salve/automation/"
	// UserRoles is the path of the roles that a customer makes for runbooks that are not Salve's.
	UserRoles = "/salve/user/"
	// InstanceRoles is the path of the roles that Salve's runbooks may give to instances.
	InstanceRoles = "/salve/instances/"
	// ServiceRoles is the path of the roles that Salve's fixes may give to services of AWS.
	ServiceRoles = "/salve/service/"
	// SupportRoles is the path of the role that people open cases at AWS Support with.
	SupportRoles = "/salve/support/"
	// RunbookRolePrefix begins their names: a role's name is unique in its account, whatever its path.
	RunbookRolePrefix = "salve-"
	// RunbookPrefix begins the names of the documents that Salve publishes.
	RunbookPrefix = "Salve-"
	// RunbookVersionPrefix begins the names that Salve gives their versions.
	RunbookVersionPrefix = "salve-"
	// RunbookService carries runbooks out, and is the only one that their roles are passed to.
	RunbookService = "ssm.amazonaws.com"
)

// OwnRoles are the roles that hub, member and organization have beside those below OwnPaths, sorted. An account has no two roles of
// one name, whatever their paths.
func OwnRoles() []string {
	return []string{ChatRole, Enabler, OperatorRole, LimitedRole, FunctionRole, MemberRole, IdentityRole, SweepRole}
}

// OwnPolicies are the policies of the hub, sorted. People give some of them to roles of theirs.
func OwnPolicies() []string {
	return []string{ApproverPolicy, LookPolicy, OperatorRole, LimitedRole, ViewerPolicy, WorkPolicy}
}

// MarkRotates is the tag, with its value, by which the owner of a function says that Salve may have Secrets Manager
// call it, to rotate a secret. Salve gives it to none.
const (
	MarkRotates = "salve:rotates"
	Marked      = "yes"
)

// Trail is what the trail is called that Salve makes in an account that has none, and the only one that it may delete.
const Trail = "salve"

// OwnPaths are the paths of the others. Roles below UserRoles are their owner's.
func OwnPaths() []string { return []string{RunbookRoles, InstanceRoles, ServiceRoles, SupportRoles} }

// Signatures of the notes Salve leaves on a finding. Aside signs those that come without a workflow status: the event
// that follows must not start what the person who asked for the note did not ask for.
const (
	UpdatedBy      = "Salve"
	UpdatedByAside = "Salve (note only)"
)

// Ours tells that a signature of a note is one of ours.
func Ours(updatedBy string) bool { return updatedBy == UpdatedBy || updatedBy == UpdatedByAside }

// Values of the field "salve" in messages Salve sends to itself.
const (
	MessageField = "salve"
	MessageSweep = "sweep"
	MessageCheck = "check"
	// MessageApproval is taken from the queue of approvals, and nothing else is.
	MessageApproval = "approval"
)
