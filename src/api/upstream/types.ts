/**
 * The types of the Kubernetes API. Generated from facts.json by tools/schema; do not edit.
 *
 * A name without a group and version is the one that is stored or preferred; others carry them (`EventsV1Event`). Fields
 * without `?` are those that a valid object always has, and `metadata`, which every stored object has.
 */

/** RFC 3339 in seconds: "2006-01-02T15:04:05Z". Other servers may write null for an unset time: test for truth. */
export type Time = string;
/** RFC 3339 with six digits of a second's fraction. */
export type MicroTime = string;
/** Go's form: "1h2m3s". */
export type Duration = string;
/** In canonical form: "500m", "128Mi". */
export type Quantity = string;
export type IntOrString = number | string;
/** An object of any kind. */
export type RawExtension = unknown;

/** io.k8s.api.admission.v1.AdmissionRequest */
export interface AdmissionRequest {
  uid?: string;
  kind?: GroupVersionKind;
  resource?: GroupVersionResource;
  subResource?: string;
  requestKind?: GroupVersionKind;
  requestResource?: GroupVersionResource;
  requestSubResource?: string;
  name?: string;
  namespace?: string;
  operation?: string;
  userInfo?: UserInfo;
  object?: RawExtension;
  oldObject?: RawExtension;
  dryRun?: boolean;
  options?: RawExtension;
}

/** io.k8s.api.admission.v1.AdmissionResponse */
export interface AdmissionResponse {
  uid?: string;
  allowed?: boolean;
  status?: Status;
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

/** io.k8s.api.admission.v1.AdmissionReview */
export interface AdmissionReview {
  apiVersion?: string;
  kind?: string;
  request?: AdmissionRequest;
  response?: AdmissionResponse;
}

/** io.k8s.api.admission.v1beta1.AdmissionRequest */
export interface AdmissionV1beta1AdmissionRequest {
  uid?: string;
  kind?: GroupVersionKind;
  resource?: GroupVersionResource;
  subResource?: string;
  requestKind?: GroupVersionKind;
  requestResource?: GroupVersionResource;
  requestSubResource?: string;
  name?: string;
  namespace?: string;
  operation?: string;
  userInfo?: UserInfo;
  object?: RawExtension;
  oldObject?: RawExtension;
  dryRun?: boolean;
  options?: RawExtension;
}

/** io.k8s.api.admission.v1beta1.AdmissionResponse */
export interface AdmissionV1beta1AdmissionResponse {
  uid?: string;
  allowed?: boolean;
  status?: Status;
  patch?: string;
  patchType?: string;
  auditAnnotations?: Record<string, string>;
  warnings?: string[];
}

/** io.k8s.api.admission.v1beta1.AdmissionReview */
export interface AdmissionV1beta1AdmissionReview {
  apiVersion?: string;
  kind?: string;
  request?: AdmissionV1beta1AdmissionRequest;
  response?: AdmissionV1beta1AdmissionResponse;
}

/** io.k8s.api.admissionregistration.v1.ApplyConfiguration */
export interface ApplyConfiguration {
  expression?: string;
}

/** io.k8s.api.admissionregistration.v1.AuditAnnotation */
export interface AuditAnnotation {
  key: string;
  valueExpression: string;
}

/** io.k8s.api.admissionregistration.v1.ExpressionWarning */
export interface ExpressionWarning {
  fieldRef: string;
  warning: string;
}

/** io.k8s.api.admissionregistration.v1.JSONPatch */
export interface JSONPatch {
  expression?: string;
}

/** io.k8s.api.admissionregistration.v1.MatchCondition */
export interface MatchCondition {
  name: string;
  expression: string;
}

/** io.k8s.api.admissionregistration.v1.MatchResources */
export interface MatchResources {
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  resourceRules?: NamedRuleWithOperations[];
  excludeResourceRules?: NamedRuleWithOperations[];
  matchPolicy?: string;
}

/** io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy */
export interface MutatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: MutatingAdmissionPolicySpec;
}

/** io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding */
export interface MutatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: MutatingAdmissionPolicyBindingSpec;
}

/** io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingList */
export interface MutatingAdmissionPolicyBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: MutatingAdmissionPolicyBinding[];
}

/** io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec */
export interface MutatingAdmissionPolicyBindingSpec {
  policyName?: string;
  paramRef?: ParamRef;
  matchResources?: MatchResources;
}

/** io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyList */
export interface MutatingAdmissionPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: MutatingAdmissionPolicy[];
}

/** io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec */
export interface MutatingAdmissionPolicySpec {
  paramKind?: ParamKind;
  matchConstraints?: MatchResources;
  variables?: Variable[];
  mutations?: Mutation[];
  failurePolicy?: string;
  matchConditions?: MatchCondition[];
  reinvocationPolicy?: string;
}

/** io.k8s.api.admissionregistration.v1.MutatingWebhook */
export interface MutatingWebhook {
  name: string;
  clientConfig: WebhookClientConfig;
  rules?: RuleWithOperations[];
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  sideEffects: string;
  timeoutSeconds?: number;
  admissionReviewVersions: string[];
  reinvocationPolicy?: string;
  matchConditions?: MatchCondition[];
}

/** io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration */
export interface MutatingWebhookConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  webhooks?: MutatingWebhook[];
}

/** io.k8s.api.admissionregistration.v1.MutatingWebhookConfigurationList */
export interface MutatingWebhookConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: MutatingWebhookConfiguration[];
}

/** io.k8s.api.admissionregistration.v1.Mutation */
export interface Mutation {
  patchType: string;
  applyConfiguration?: ApplyConfiguration;
  jsonPatch?: JSONPatch;
}

/** io.k8s.api.admissionregistration.v1.NamedRuleWithOperations */
export interface NamedRuleWithOperations {
  resourceNames?: string[];
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}

/** io.k8s.api.admissionregistration.v1.ParamKind */
export interface ParamKind {
  apiVersion?: string;
  kind?: string;
}

/** io.k8s.api.admissionregistration.v1.ParamRef */
export interface ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelector;
  parameterNotFoundAction?: string;
}

/** io.k8s.api.admissionregistration.v1.Rule */
export interface Rule {
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}

/** io.k8s.api.admissionregistration.v1.RuleWithOperations */
export interface RuleWithOperations {
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}

/** io.k8s.api.admissionregistration.v1.ServiceReference */
export interface ServiceReference {
  namespace: string;
  name: string;
  path?: string;
  port?: number;
}

/** io.k8s.api.admissionregistration.v1.TypeChecking */
export interface TypeChecking {
  expressionWarnings?: ExpressionWarning[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy */
export interface ValidatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ValidatingAdmissionPolicySpec;
  status?: ValidatingAdmissionPolicyStatus;
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding */
export interface ValidatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ValidatingAdmissionPolicyBindingSpec;
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingList */
export interface ValidatingAdmissionPolicyBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ValidatingAdmissionPolicyBinding[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec */
export interface ValidatingAdmissionPolicyBindingSpec {
  policyName: string;
  paramRef?: ParamRef;
  matchResources?: MatchResources;
  validationActions: string[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyList */
export interface ValidatingAdmissionPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ValidatingAdmissionPolicy[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec */
export interface ValidatingAdmissionPolicySpec {
  paramKind?: ParamKind;
  matchConstraints?: MatchResources;
  validations?: Validation[];
  failurePolicy?: string;
  auditAnnotations?: AuditAnnotation[];
  matchConditions?: MatchCondition[];
  variables?: Variable[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus */
export interface ValidatingAdmissionPolicyStatus {
  observedGeneration?: number;
  typeChecking?: TypeChecking;
  conditions?: Condition[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingWebhook */
export interface ValidatingWebhook {
  name: string;
  clientConfig: WebhookClientConfig;
  rules?: RuleWithOperations[];
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  sideEffects: string;
  timeoutSeconds?: number;
  admissionReviewVersions: string[];
  matchConditions?: MatchCondition[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration */
export interface ValidatingWebhookConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  webhooks?: ValidatingWebhook[];
}

/** io.k8s.api.admissionregistration.v1.ValidatingWebhookConfigurationList */
export interface ValidatingWebhookConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ValidatingWebhookConfiguration[];
}

/** io.k8s.api.admissionregistration.v1.Validation */
export interface Validation {
  expression: string;
  message?: string;
  reason?: string;
  messageExpression?: string;
}

/** io.k8s.api.admissionregistration.v1.Variable */
export interface Variable {
  name: string;
  expression: string;
}

/** io.k8s.api.admissionregistration.v1.WebhookClientConfig */
export interface WebhookClientConfig {
  url?: string;
  service?: ServiceReference;
  caBundle?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.ApplyConfiguration */
export interface AdmissionregistrationV1alpha1ApplyConfiguration {
  expression?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.AuditAnnotation */
export interface AdmissionregistrationV1alpha1AuditAnnotation {
  key: string;
  valueExpression: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.ExpressionWarning */
export interface AdmissionregistrationV1alpha1ExpressionWarning {
  fieldRef: string;
  warning: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.JSONPatch */
export interface AdmissionregistrationV1alpha1JSONPatch {
  expression?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.MatchCondition */
export interface AdmissionregistrationV1alpha1MatchCondition {
  name: string;
  expression: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.MatchResources */
export interface AdmissionregistrationV1alpha1MatchResources {
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  resourceRules?: AdmissionregistrationV1alpha1NamedRuleWithOperations[];
  excludeResourceRules?: AdmissionregistrationV1alpha1NamedRuleWithOperations[];
  matchPolicy?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicy */
export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AdmissionregistrationV1alpha1MutatingAdmissionPolicySpec;
}

/** io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBinding */
export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AdmissionregistrationV1alpha1MutatingAdmissionPolicyBindingSpec;
}

/** io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBindingList */
export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1alpha1MutatingAdmissionPolicyBinding[];
}

/** io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyBindingSpec */
export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyBindingSpec {
  policyName?: string;
  paramRef?: AdmissionregistrationV1alpha1ParamRef;
  matchResources?: AdmissionregistrationV1alpha1MatchResources;
}

/** io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicyList */
export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1alpha1MutatingAdmissionPolicy[];
}

/** io.k8s.api.admissionregistration.v1alpha1.MutatingAdmissionPolicySpec */
export interface AdmissionregistrationV1alpha1MutatingAdmissionPolicySpec {
  paramKind?: AdmissionregistrationV1alpha1ParamKind;
  matchConstraints?: AdmissionregistrationV1alpha1MatchResources;
  variables?: AdmissionregistrationV1alpha1Variable[];
  mutations?: AdmissionregistrationV1alpha1Mutation[];
  failurePolicy?: string;
  matchConditions?: AdmissionregistrationV1alpha1MatchCondition[];
  reinvocationPolicy?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.Mutation */
export interface AdmissionregistrationV1alpha1Mutation {
  patchType: string;
  applyConfiguration?: AdmissionregistrationV1alpha1ApplyConfiguration;
  jsonPatch?: AdmissionregistrationV1alpha1JSONPatch;
}

/** io.k8s.api.admissionregistration.v1alpha1.NamedRuleWithOperations */
export interface AdmissionregistrationV1alpha1NamedRuleWithOperations {
  resourceNames?: string[];
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.ParamKind */
export interface AdmissionregistrationV1alpha1ParamKind {
  apiVersion?: string;
  kind?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.ParamRef */
export interface AdmissionregistrationV1alpha1ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelector;
  parameterNotFoundAction?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.TypeChecking */
export interface AdmissionregistrationV1alpha1TypeChecking {
  expressionWarnings?: AdmissionregistrationV1alpha1ExpressionWarning[];
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicy */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AdmissionregistrationV1alpha1ValidatingAdmissionPolicySpec;
  status?: AdmissionregistrationV1alpha1ValidatingAdmissionPolicyStatus;
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicyBinding */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBindingSpec;
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicyBindingList */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBinding[];
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicyBindingSpec */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyBindingSpec {
  policyName: string;
  paramRef?: AdmissionregistrationV1alpha1ParamRef;
  matchResources?: AdmissionregistrationV1alpha1MatchResources;
  validationActions: string[];
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicyList */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1alpha1ValidatingAdmissionPolicy[];
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicySpec */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicySpec {
  paramKind?: AdmissionregistrationV1alpha1ParamKind;
  matchConstraints?: AdmissionregistrationV1alpha1MatchResources;
  validations?: AdmissionregistrationV1alpha1Validation[];
  failurePolicy?: string;
  auditAnnotations?: AdmissionregistrationV1alpha1AuditAnnotation[];
  matchConditions?: AdmissionregistrationV1alpha1MatchCondition[];
  variables?: AdmissionregistrationV1alpha1Variable[];
}

/** io.k8s.api.admissionregistration.v1alpha1.ValidatingAdmissionPolicyStatus */
export interface AdmissionregistrationV1alpha1ValidatingAdmissionPolicyStatus {
  observedGeneration?: number;
  typeChecking?: AdmissionregistrationV1alpha1TypeChecking;
  conditions?: Condition[];
}

/** io.k8s.api.admissionregistration.v1alpha1.Validation */
export interface AdmissionregistrationV1alpha1Validation {
  expression: string;
  message?: string;
  reason?: string;
  messageExpression?: string;
}

/** io.k8s.api.admissionregistration.v1alpha1.Variable */
export interface AdmissionregistrationV1alpha1Variable {
  name: string;
  expression: string;
}

/** io.k8s.api.admissionregistration.v1beta1.ApplyConfiguration */
export interface AdmissionregistrationV1beta1ApplyConfiguration {
  expression?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.AuditAnnotation */
export interface AdmissionregistrationV1beta1AuditAnnotation {
  key: string;
  valueExpression: string;
}

/** io.k8s.api.admissionregistration.v1beta1.ExpressionWarning */
export interface AdmissionregistrationV1beta1ExpressionWarning {
  fieldRef: string;
  warning: string;
}

/** io.k8s.api.admissionregistration.v1beta1.JSONPatch */
export interface AdmissionregistrationV1beta1JSONPatch {
  expression?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.MatchCondition */
export interface AdmissionregistrationV1beta1MatchCondition {
  name: string;
  expression: string;
}

/** io.k8s.api.admissionregistration.v1beta1.MatchResources */
export interface AdmissionregistrationV1beta1MatchResources {
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  resourceRules?: AdmissionregistrationV1beta1NamedRuleWithOperations[];
  excludeResourceRules?: AdmissionregistrationV1beta1NamedRuleWithOperations[];
  matchPolicy?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicy */
export interface AdmissionregistrationV1beta1MutatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AdmissionregistrationV1beta1MutatingAdmissionPolicySpec;
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBinding */
export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingSpec;
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBindingList */
export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1beta1MutatingAdmissionPolicyBinding[];
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyBindingSpec */
export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingSpec {
  policyName?: string;
  paramRef?: AdmissionregistrationV1beta1ParamRef;
  matchResources?: AdmissionregistrationV1beta1MatchResources;
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicyList */
export interface AdmissionregistrationV1beta1MutatingAdmissionPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1beta1MutatingAdmissionPolicy[];
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingAdmissionPolicySpec */
export interface AdmissionregistrationV1beta1MutatingAdmissionPolicySpec {
  paramKind?: AdmissionregistrationV1beta1ParamKind;
  matchConstraints?: AdmissionregistrationV1beta1MatchResources;
  variables?: AdmissionregistrationV1beta1Variable[];
  mutations?: AdmissionregistrationV1beta1Mutation[];
  failurePolicy?: string;
  matchConditions?: AdmissionregistrationV1beta1MatchCondition[];
  reinvocationPolicy?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingWebhook */
export interface AdmissionregistrationV1beta1MutatingWebhook {
  name: string;
  clientConfig: AdmissionregistrationV1beta1WebhookClientConfig;
  rules?: RuleWithOperations[];
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  sideEffects?: string;
  timeoutSeconds?: number;
  admissionReviewVersions?: string[];
  reinvocationPolicy?: string;
  matchConditions?: AdmissionregistrationV1beta1MatchCondition[];
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingWebhookConfiguration */
export interface AdmissionregistrationV1beta1MutatingWebhookConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  webhooks?: AdmissionregistrationV1beta1MutatingWebhook[];
}

/** io.k8s.api.admissionregistration.v1beta1.MutatingWebhookConfigurationList */
export interface AdmissionregistrationV1beta1MutatingWebhookConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1beta1MutatingWebhookConfiguration[];
}

/** io.k8s.api.admissionregistration.v1beta1.Mutation */
export interface AdmissionregistrationV1beta1Mutation {
  patchType: string;
  applyConfiguration?: AdmissionregistrationV1beta1ApplyConfiguration;
  jsonPatch?: AdmissionregistrationV1beta1JSONPatch;
}

/** io.k8s.api.admissionregistration.v1beta1.NamedRuleWithOperations */
export interface AdmissionregistrationV1beta1NamedRuleWithOperations {
  resourceNames?: string[];
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.ParamKind */
export interface AdmissionregistrationV1beta1ParamKind {
  apiVersion?: string;
  kind?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.ParamRef */
export interface AdmissionregistrationV1beta1ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelector;
  parameterNotFoundAction?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.ServiceReference */
export interface AdmissionregistrationV1beta1ServiceReference {
  namespace: string;
  name: string;
  path?: string;
  port?: number;
}

/** io.k8s.api.admissionregistration.v1beta1.TypeChecking */
export interface AdmissionregistrationV1beta1TypeChecking {
  expressionWarnings?: AdmissionregistrationV1beta1ExpressionWarning[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicy */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AdmissionregistrationV1beta1ValidatingAdmissionPolicySpec;
  status?: AdmissionregistrationV1beta1ValidatingAdmissionPolicyStatus;
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicyBinding */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AdmissionregistrationV1beta1ValidatingAdmissionPolicyBindingSpec;
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicyBindingList */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1beta1ValidatingAdmissionPolicyBinding[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicyBindingSpec */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyBindingSpec {
  policyName: string;
  paramRef?: AdmissionregistrationV1beta1ParamRef;
  matchResources?: AdmissionregistrationV1beta1MatchResources;
  validationActions: string[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicyList */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1beta1ValidatingAdmissionPolicy[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicySpec */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicySpec {
  paramKind?: AdmissionregistrationV1beta1ParamKind;
  matchConstraints?: AdmissionregistrationV1beta1MatchResources;
  validations?: AdmissionregistrationV1beta1Validation[];
  failurePolicy?: string;
  auditAnnotations?: AdmissionregistrationV1beta1AuditAnnotation[];
  matchConditions?: AdmissionregistrationV1beta1MatchCondition[];
  variables?: AdmissionregistrationV1beta1Variable[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingAdmissionPolicyStatus */
export interface AdmissionregistrationV1beta1ValidatingAdmissionPolicyStatus {
  observedGeneration?: number;
  typeChecking?: AdmissionregistrationV1beta1TypeChecking;
  conditions?: Condition[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingWebhook */
export interface AdmissionregistrationV1beta1ValidatingWebhook {
  name: string;
  clientConfig: AdmissionregistrationV1beta1WebhookClientConfig;
  rules?: RuleWithOperations[];
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  sideEffects?: string;
  timeoutSeconds?: number;
  admissionReviewVersions?: string[];
  matchConditions?: AdmissionregistrationV1beta1MatchCondition[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingWebhookConfiguration */
export interface AdmissionregistrationV1beta1ValidatingWebhookConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  webhooks?: AdmissionregistrationV1beta1ValidatingWebhook[];
}

/** io.k8s.api.admissionregistration.v1beta1.ValidatingWebhookConfigurationList */
export interface AdmissionregistrationV1beta1ValidatingWebhookConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AdmissionregistrationV1beta1ValidatingWebhookConfiguration[];
}

/** io.k8s.api.admissionregistration.v1beta1.Validation */
export interface AdmissionregistrationV1beta1Validation {
  expression: string;
  message?: string;
  reason?: string;
  messageExpression?: string;
}

/** io.k8s.api.admissionregistration.v1beta1.Variable */
export interface AdmissionregistrationV1beta1Variable {
  name: string;
  expression: string;
}

/** io.k8s.api.admissionregistration.v1beta1.WebhookClientConfig */
export interface AdmissionregistrationV1beta1WebhookClientConfig {
  url?: string;
  service?: AdmissionregistrationV1beta1ServiceReference;
  caBundle?: string;
}

/** io.k8s.api.apidiscovery.v2.APIGroupDiscovery */
export interface APIGroupDiscovery {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  versions?: APIVersionDiscovery[];
}

/** io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList */
export interface APIGroupDiscoveryList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: APIGroupDiscovery[];
}

/** io.k8s.api.apidiscovery.v2.APIResourceDiscovery */
export interface APIResourceDiscovery {
  resource: string;
  responseKind?: GroupVersionKind;
  scope: string;
  singularResource: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: APISubresourceDiscovery[];
}

/** io.k8s.api.apidiscovery.v2.APISubresourceDiscovery */
export interface APISubresourceDiscovery {
  subresource: string;
  responseKind?: GroupVersionKind;
  acceptedTypes?: GroupVersionKind[];
  verbs: string[];
}

/** io.k8s.api.apidiscovery.v2.APIVersionDiscovery */
export interface APIVersionDiscovery {
  version: string;
  resources?: APIResourceDiscovery[];
  freshness?: string;
}

/** io.k8s.api.apidiscovery.v2beta1.APIGroupDiscovery */
export interface ApidiscoveryV2beta1APIGroupDiscovery {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  versions?: ApidiscoveryV2beta1APIVersionDiscovery[];
}

/** io.k8s.api.apidiscovery.v2beta1.APIGroupDiscoveryList */
export interface ApidiscoveryV2beta1APIGroupDiscoveryList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ApidiscoveryV2beta1APIGroupDiscovery[];
}

/** io.k8s.api.apidiscovery.v2beta1.APIResourceDiscovery */
export interface ApidiscoveryV2beta1APIResourceDiscovery {
  resource: string;
  responseKind?: GroupVersionKind;
  scope: string;
  singularResource: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: ApidiscoveryV2beta1APISubresourceDiscovery[];
}

/** io.k8s.api.apidiscovery.v2beta1.APISubresourceDiscovery */
export interface ApidiscoveryV2beta1APISubresourceDiscovery {
  subresource: string;
  responseKind?: GroupVersionKind;
  acceptedTypes?: GroupVersionKind[];
  verbs: string[];
}

/** io.k8s.api.apidiscovery.v2beta1.APIVersionDiscovery */
export interface ApidiscoveryV2beta1APIVersionDiscovery {
  version: string;
  resources?: ApidiscoveryV2beta1APIResourceDiscovery[];
  freshness?: string;
}

/** io.k8s.api.apiserverinternal.v1alpha1.ServerStorageVersion */
export interface ServerStorageVersion {
  apiServerID: string;
  encodingVersion: string;
  decodableVersions: string[];
  servedVersions?: string[];
}

/** io.k8s.api.apiserverinternal.v1alpha1.StorageVersion */
export interface StorageVersion {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: StorageVersionSpec;
  status?: StorageVersionStatus;
}

/** io.k8s.api.apiserverinternal.v1alpha1.StorageVersionCondition */
export interface StorageVersionCondition {
  type: string;
  status: string;
  observedGeneration?: number;
  lastTransitionTime?: Time;
  reason: string;
  message: string;
}

/** io.k8s.api.apiserverinternal.v1alpha1.StorageVersionList */
export interface StorageVersionList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageVersion[];
}

/** io.k8s.api.apiserverinternal.v1alpha1.StorageVersionSpec */
export interface StorageVersionSpec {}

/** io.k8s.api.apiserverinternal.v1alpha1.StorageVersionStatus */
export interface StorageVersionStatus {
  storageVersions?: ServerStorageVersion[];
  commonEncodingVersion?: string;
  conditions?: StorageVersionCondition[];
}

/** io.k8s.api.apps.v1.ControllerRevision */
export interface ControllerRevision {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  data?: RawExtension;
  revision: number;
}

/** io.k8s.api.apps.v1.ControllerRevisionList */
export interface ControllerRevisionList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ControllerRevision[];
}

/** io.k8s.api.apps.v1.DaemonSet */
export interface DaemonSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: DaemonSetSpec;
  status?: DaemonSetStatus;
}

/** io.k8s.api.apps.v1.DaemonSetCondition */
export interface DaemonSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1.DaemonSetList */
export interface DaemonSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: DaemonSet[];
}

/** io.k8s.api.apps.v1.DaemonSetSpec */
export interface DaemonSetSpec {
  selector: LabelSelector;
  template: PodTemplateSpec;
  updateStrategy?: DaemonSetUpdateStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
}

/** io.k8s.api.apps.v1.DaemonSetStatus */
export interface DaemonSetStatus {
  currentNumberScheduled: number;
  numberMisscheduled: number;
  desiredNumberScheduled: number;
  numberReady: number;
  observedGeneration?: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  collisionCount?: number;
  conditions?: DaemonSetCondition[];
}

/** io.k8s.api.apps.v1.DaemonSetUpdateStrategy */
export interface DaemonSetUpdateStrategy {
  type?: string;
  rollingUpdate?: RollingUpdateDaemonSet;
}

/** io.k8s.api.apps.v1.Deployment */
export interface Deployment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: DeploymentSpec;
  status?: DeploymentStatus;
}

/** io.k8s.api.apps.v1.DeploymentCondition */
export interface DeploymentCondition {
  type: string;
  status: string;
  lastUpdateTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1.DeploymentList */
export interface DeploymentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Deployment[];
}

/** io.k8s.api.apps.v1.DeploymentSpec */
export interface DeploymentSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  strategy?: DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  paused?: boolean;
  progressDeadlineSeconds?: number;
}

/** io.k8s.api.apps.v1.DeploymentStatus */
export interface DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  conditions?: DeploymentCondition[];
  collisionCount?: number;
}

/** io.k8s.api.apps.v1.DeploymentStrategy */
export interface DeploymentStrategy {
  type?: string;
  rollingUpdate?: RollingUpdateDeployment;
}

/** io.k8s.api.apps.v1.ReplicaSet */
export interface ReplicaSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ReplicaSetSpec;
  status?: ReplicaSetStatus;
}

/** io.k8s.api.apps.v1.ReplicaSetCondition */
export interface ReplicaSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1.ReplicaSetList */
export interface ReplicaSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ReplicaSet[];
}

/** io.k8s.api.apps.v1.ReplicaSetSpec */
export interface ReplicaSetSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector: LabelSelector;
  template?: PodTemplateSpec;
}

/** io.k8s.api.apps.v1.ReplicaSetStatus */
export interface ReplicaSetStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: ReplicaSetCondition[];
}

/** io.k8s.api.apps.v1.RollingUpdateDaemonSet */
export interface RollingUpdateDaemonSet {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.apps.v1.RollingUpdateDeployment */
export interface RollingUpdateDeployment {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy */
export interface RollingUpdateStatefulSetStrategy {
  partition?: number;
  maxUnavailable?: IntOrString;
}

/** io.k8s.api.apps.v1.StatefulSet */
export interface StatefulSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: StatefulSetSpec;
  status?: StatefulSetStatus;
}

/** io.k8s.api.apps.v1.StatefulSetCondition */
export interface StatefulSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1.StatefulSetList */
export interface StatefulSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StatefulSet[];
}

/** io.k8s.api.apps.v1.StatefulSetOrdinals */
export interface StatefulSetOrdinals {
  start?: number;
}

/** io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy */
export interface StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted?: string;
  whenScaled?: string;
}

/** io.k8s.api.apps.v1.StatefulSetSpec */
export interface StatefulSetSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  volumeClaimTemplates?: PersistentVolumeClaim[];
  serviceName?: string;
  podManagementPolicy?: string;
  updateStrategy?: StatefulSetUpdateStrategy;
  revisionHistoryLimit?: number;
  minReadySeconds?: number;
  persistentVolumeClaimRetentionPolicy?: StatefulSetPersistentVolumeClaimRetentionPolicy;
  ordinals?: StatefulSetOrdinals;
}

/** io.k8s.api.apps.v1.StatefulSetStatus */
export interface StatefulSetStatus {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
  conditions?: StatefulSetCondition[];
  availableReplicas?: number;
}

/** io.k8s.api.apps.v1.StatefulSetUpdateStrategy */
export interface StatefulSetUpdateStrategy {
  type?: string;
  rollingUpdate?: RollingUpdateStatefulSetStrategy;
}

/** io.k8s.api.apps.v1beta1.ControllerRevision */
export interface AppsV1beta1ControllerRevision {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  data?: RawExtension;
  revision: number;
}

/** io.k8s.api.apps.v1beta1.ControllerRevisionList */
export interface AppsV1beta1ControllerRevisionList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta1ControllerRevision[];
}

/** io.k8s.api.apps.v1beta1.Deployment */
export interface AppsV1beta1Deployment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta1DeploymentSpec;
  status?: AppsV1beta1DeploymentStatus;
}

/** io.k8s.api.apps.v1beta1.DeploymentCondition */
export interface AppsV1beta1DeploymentCondition {
  type: string;
  status: string;
  lastUpdateTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1beta1.DeploymentList */
export interface AppsV1beta1DeploymentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta1Deployment[];
}

/** io.k8s.api.apps.v1beta1.DeploymentRollback */
export interface DeploymentRollback {
  apiVersion?: string;
  kind?: string;
  name: string;
  updatedAnnotations?: Record<string, string>;
  rollbackTo: RollbackConfig;
}

/** io.k8s.api.apps.v1beta1.DeploymentSpec */
export interface AppsV1beta1DeploymentSpec {
  replicas?: number;
  selector?: LabelSelector;
  template: PodTemplateSpec;
  strategy?: AppsV1beta1DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  paused?: boolean;
  rollbackTo?: RollbackConfig;
  progressDeadlineSeconds?: number;
}

/** io.k8s.api.apps.v1beta1.DeploymentStatus */
export interface AppsV1beta1DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  conditions?: AppsV1beta1DeploymentCondition[];
  collisionCount?: number;
}

/** io.k8s.api.apps.v1beta1.DeploymentStrategy */
export interface AppsV1beta1DeploymentStrategy {
  type?: string;
  rollingUpdate?: AppsV1beta1RollingUpdateDeployment;
}

/** io.k8s.api.apps.v1beta1.RollbackConfig */
export interface RollbackConfig {
  revision?: number;
}

/** io.k8s.api.apps.v1beta1.RollingUpdateDeployment */
export interface AppsV1beta1RollingUpdateDeployment {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.apps.v1beta1.RollingUpdateStatefulSetStrategy */
export interface AppsV1beta1RollingUpdateStatefulSetStrategy {
  partition?: number;
  maxUnavailable?: IntOrString;
}

/** io.k8s.api.apps.v1beta1.Scale */
export interface AppsV1beta1Scale {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta1ScaleSpec;
  status?: AppsV1beta1ScaleStatus;
}

/** io.k8s.api.apps.v1beta1.ScaleSpec */
export interface AppsV1beta1ScaleSpec {
  replicas?: number;
}

/** io.k8s.api.apps.v1beta1.ScaleStatus */
export interface AppsV1beta1ScaleStatus {
  replicas: number;
  selector?: Record<string, string>;
  targetSelector?: string;
}

/** io.k8s.api.apps.v1beta1.StatefulSet */
export interface AppsV1beta1StatefulSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta1StatefulSetSpec;
  status?: AppsV1beta1StatefulSetStatus;
}

/** io.k8s.api.apps.v1beta1.StatefulSetCondition */
export interface AppsV1beta1StatefulSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1beta1.StatefulSetList */
export interface AppsV1beta1StatefulSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta1StatefulSet[];
}

/** io.k8s.api.apps.v1beta1.StatefulSetOrdinals */
export interface AppsV1beta1StatefulSetOrdinals {
  start?: number;
}

/** io.k8s.api.apps.v1beta1.StatefulSetPersistentVolumeClaimRetentionPolicy */
export interface AppsV1beta1StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted?: string;
  whenScaled?: string;
}

/** io.k8s.api.apps.v1beta1.StatefulSetSpec */
export interface AppsV1beta1StatefulSetSpec {
  replicas?: number;
  selector?: LabelSelector;
  template: PodTemplateSpec;
  volumeClaimTemplates?: PersistentVolumeClaim[];
  serviceName?: string;
  podManagementPolicy?: string;
  updateStrategy?: AppsV1beta1StatefulSetUpdateStrategy;
  revisionHistoryLimit?: number;
  minReadySeconds?: number;
  persistentVolumeClaimRetentionPolicy?: AppsV1beta1StatefulSetPersistentVolumeClaimRetentionPolicy;
  ordinals?: AppsV1beta1StatefulSetOrdinals;
}

/** io.k8s.api.apps.v1beta1.StatefulSetStatus */
export interface AppsV1beta1StatefulSetStatus {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
  conditions?: AppsV1beta1StatefulSetCondition[];
  availableReplicas?: number;
}

/** io.k8s.api.apps.v1beta1.StatefulSetUpdateStrategy */
export interface AppsV1beta1StatefulSetUpdateStrategy {
  type?: string;
  rollingUpdate?: AppsV1beta1RollingUpdateStatefulSetStrategy;
}

/** io.k8s.api.apps.v1beta2.ControllerRevision */
export interface AppsV1beta2ControllerRevision {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  data?: RawExtension;
  revision: number;
}

/** io.k8s.api.apps.v1beta2.ControllerRevisionList */
export interface AppsV1beta2ControllerRevisionList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta2ControllerRevision[];
}

/** io.k8s.api.apps.v1beta2.DaemonSet */
export interface AppsV1beta2DaemonSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta2DaemonSetSpec;
  status?: AppsV1beta2DaemonSetStatus;
}

/** io.k8s.api.apps.v1beta2.DaemonSetCondition */
export interface AppsV1beta2DaemonSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1beta2.DaemonSetList */
export interface AppsV1beta2DaemonSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta2DaemonSet[];
}

/** io.k8s.api.apps.v1beta2.DaemonSetSpec */
export interface AppsV1beta2DaemonSetSpec {
  selector: LabelSelector;
  template: PodTemplateSpec;
  updateStrategy?: AppsV1beta2DaemonSetUpdateStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
}

/** io.k8s.api.apps.v1beta2.DaemonSetStatus */
export interface AppsV1beta2DaemonSetStatus {
  currentNumberScheduled: number;
  numberMisscheduled: number;
  desiredNumberScheduled: number;
  numberReady: number;
  observedGeneration?: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  collisionCount?: number;
  conditions?: AppsV1beta2DaemonSetCondition[];
}

/** io.k8s.api.apps.v1beta2.DaemonSetUpdateStrategy */
export interface AppsV1beta2DaemonSetUpdateStrategy {
  type?: string;
  rollingUpdate?: AppsV1beta2RollingUpdateDaemonSet;
}

/** io.k8s.api.apps.v1beta2.Deployment */
export interface AppsV1beta2Deployment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta2DeploymentSpec;
  status?: AppsV1beta2DeploymentStatus;
}

/** io.k8s.api.apps.v1beta2.DeploymentCondition */
export interface AppsV1beta2DeploymentCondition {
  type: string;
  status: string;
  lastUpdateTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1beta2.DeploymentList */
export interface AppsV1beta2DeploymentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta2Deployment[];
}

/** io.k8s.api.apps.v1beta2.DeploymentSpec */
export interface AppsV1beta2DeploymentSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  strategy?: AppsV1beta2DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  paused?: boolean;
  progressDeadlineSeconds?: number;
}

/** io.k8s.api.apps.v1beta2.DeploymentStatus */
export interface AppsV1beta2DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  conditions?: AppsV1beta2DeploymentCondition[];
  collisionCount?: number;
}

/** io.k8s.api.apps.v1beta2.DeploymentStrategy */
export interface AppsV1beta2DeploymentStrategy {
  type?: string;
  rollingUpdate?: AppsV1beta2RollingUpdateDeployment;
}

/** io.k8s.api.apps.v1beta2.ReplicaSet */
export interface AppsV1beta2ReplicaSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta2ReplicaSetSpec;
  status?: AppsV1beta2ReplicaSetStatus;
}

/** io.k8s.api.apps.v1beta2.ReplicaSetCondition */
export interface AppsV1beta2ReplicaSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1beta2.ReplicaSetList */
export interface AppsV1beta2ReplicaSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta2ReplicaSet[];
}

/** io.k8s.api.apps.v1beta2.ReplicaSetSpec */
export interface AppsV1beta2ReplicaSetSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector: LabelSelector;
  template?: PodTemplateSpec;
}

/** io.k8s.api.apps.v1beta2.ReplicaSetStatus */
export interface AppsV1beta2ReplicaSetStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: AppsV1beta2ReplicaSetCondition[];
}

/** io.k8s.api.apps.v1beta2.RollingUpdateDaemonSet */
export interface AppsV1beta2RollingUpdateDaemonSet {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.apps.v1beta2.RollingUpdateDeployment */
export interface AppsV1beta2RollingUpdateDeployment {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.apps.v1beta2.RollingUpdateStatefulSetStrategy */
export interface AppsV1beta2RollingUpdateStatefulSetStrategy {
  partition?: number;
  maxUnavailable?: IntOrString;
}

/** io.k8s.api.apps.v1beta2.Scale */
export interface AppsV1beta2Scale {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta2ScaleSpec;
  status?: AppsV1beta2ScaleStatus;
}

/** io.k8s.api.apps.v1beta2.ScaleSpec */
export interface AppsV1beta2ScaleSpec {
  replicas?: number;
}

/** io.k8s.api.apps.v1beta2.ScaleStatus */
export interface AppsV1beta2ScaleStatus {
  replicas: number;
  selector?: Record<string, string>;
  targetSelector?: string;
}

/** io.k8s.api.apps.v1beta2.StatefulSet */
export interface AppsV1beta2StatefulSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AppsV1beta2StatefulSetSpec;
  status?: AppsV1beta2StatefulSetStatus;
}

/** io.k8s.api.apps.v1beta2.StatefulSetCondition */
export interface AppsV1beta2StatefulSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.apps.v1beta2.StatefulSetList */
export interface AppsV1beta2StatefulSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AppsV1beta2StatefulSet[];
}

/** io.k8s.api.apps.v1beta2.StatefulSetOrdinals */
export interface AppsV1beta2StatefulSetOrdinals {
  start?: number;
}

/** io.k8s.api.apps.v1beta2.StatefulSetPersistentVolumeClaimRetentionPolicy */
export interface AppsV1beta2StatefulSetPersistentVolumeClaimRetentionPolicy {
  whenDeleted?: string;
  whenScaled?: string;
}

/** io.k8s.api.apps.v1beta2.StatefulSetSpec */
export interface AppsV1beta2StatefulSetSpec {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplateSpec;
  volumeClaimTemplates?: PersistentVolumeClaim[];
  serviceName?: string;
  podManagementPolicy?: string;
  updateStrategy?: AppsV1beta2StatefulSetUpdateStrategy;
  revisionHistoryLimit?: number;
  minReadySeconds?: number;
  persistentVolumeClaimRetentionPolicy?: AppsV1beta2StatefulSetPersistentVolumeClaimRetentionPolicy;
  ordinals?: AppsV1beta2StatefulSetOrdinals;
}

/** io.k8s.api.apps.v1beta2.StatefulSetStatus */
export interface AppsV1beta2StatefulSetStatus {
  observedGeneration?: number;
  replicas: number;
  readyReplicas?: number;
  currentReplicas?: number;
  updatedReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
  collisionCount?: number;
  conditions?: AppsV1beta2StatefulSetCondition[];
  availableReplicas?: number;
}

/** io.k8s.api.apps.v1beta2.StatefulSetUpdateStrategy */
export interface AppsV1beta2StatefulSetUpdateStrategy {
  type?: string;
  rollingUpdate?: AppsV1beta2RollingUpdateStatefulSetStrategy;
}

/** io.k8s.api.authentication.v1.BoundObjectReference */
export interface BoundObjectReference {
  kind?: string;
  apiVersion?: string;
  name?: string;
  uid?: string;
}

/** io.k8s.api.authentication.v1.SelfSubjectReview */
export interface SelfSubjectReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  status?: SelfSubjectReviewStatus;
}

/** io.k8s.api.authentication.v1.SelfSubjectReviewStatus */
export interface SelfSubjectReviewStatus {
  userInfo?: UserInfo;
}

/** io.k8s.api.authentication.v1.TokenRequest */
export interface TokenRequest {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: TokenRequestSpec;
  status?: TokenRequestStatus;
}

/** io.k8s.api.authentication.v1.TokenRequestSpec */
export interface TokenRequestSpec {
  audiences?: string[];
  expirationSeconds?: number;
  boundObjectRef?: BoundObjectReference;
}

/** io.k8s.api.authentication.v1.TokenRequestStatus */
export interface TokenRequestStatus {
  token?: string;
  expirationTimestamp?: Time;
}

/** io.k8s.api.authentication.v1.TokenReview */
export interface TokenReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: TokenReviewSpec;
  status?: TokenReviewStatus;
}

/** io.k8s.api.authentication.v1.TokenReviewSpec */
export interface TokenReviewSpec {
  token: string;
  audiences?: string[];
}

/** io.k8s.api.authentication.v1.TokenReviewStatus */
export interface TokenReviewStatus {
  authenticated?: boolean;
  user?: UserInfo;
  audiences?: string[];
  error?: string;
}

/** io.k8s.api.authentication.v1.UserInfo */
export interface UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** io.k8s.api.authentication.v1alpha1.SelfSubjectReview */
export interface AuthenticationV1alpha1SelfSubjectReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  status?: AuthenticationV1alpha1SelfSubjectReviewStatus;
}

/** io.k8s.api.authentication.v1alpha1.SelfSubjectReviewStatus */
export interface AuthenticationV1alpha1SelfSubjectReviewStatus {
  userInfo?: UserInfo;
}

/** io.k8s.api.authentication.v1beta1.SelfSubjectReview */
export interface AuthenticationV1beta1SelfSubjectReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  status?: AuthenticationV1beta1SelfSubjectReviewStatus;
}

/** io.k8s.api.authentication.v1beta1.SelfSubjectReviewStatus */
export interface AuthenticationV1beta1SelfSubjectReviewStatus {
  userInfo?: UserInfo;
}

/** io.k8s.api.authentication.v1beta1.TokenReview */
export interface AuthenticationV1beta1TokenReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AuthenticationV1beta1TokenReviewSpec;
  status?: AuthenticationV1beta1TokenReviewStatus;
}

/** io.k8s.api.authentication.v1beta1.TokenReviewSpec */
export interface AuthenticationV1beta1TokenReviewSpec {
  token: string;
  audiences?: string[];
}

/** io.k8s.api.authentication.v1beta1.TokenReviewStatus */
export interface AuthenticationV1beta1TokenReviewStatus {
  authenticated?: boolean;
  user?: AuthenticationV1beta1UserInfo;
  audiences?: string[];
  error?: string;
}

/** io.k8s.api.authentication.v1beta1.UserInfo */
export interface AuthenticationV1beta1UserInfo {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** io.k8s.api.authorization.v1.FieldSelectorAttributes */
export interface FieldSelectorAttributes {
  rawSelector?: string;
  requirements?: FieldSelectorRequirement[];
}

/** io.k8s.api.authorization.v1.LabelSelectorAttributes */
export interface LabelSelectorAttributes {
  rawSelector?: string;
  requirements?: LabelSelectorRequirement[];
}

/** io.k8s.api.authorization.v1.LocalSubjectAccessReview */
export interface LocalSubjectAccessReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: SubjectAccessReviewSpec;
  status?: SubjectAccessReviewStatus;
}

/** io.k8s.api.authorization.v1.NonResourceAttributes */
export interface NonResourceAttributes {
  path?: string;
  verb?: string;
}

/** io.k8s.api.authorization.v1.NonResourceRule */
export interface NonResourceRule {
  verbs: string[];
  nonResourceURLs?: string[];
}

/** io.k8s.api.authorization.v1.ResourceAttributes */
export interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: FieldSelectorAttributes;
  labelSelector?: LabelSelectorAttributes;
}

/** io.k8s.api.authorization.v1.ResourceRule */
export interface ResourceRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/** io.k8s.api.authorization.v1.SelfSubjectAccessReview */
export interface SelfSubjectAccessReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: SelfSubjectAccessReviewSpec;
  status?: SubjectAccessReviewStatus;
}

/** io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec */
export interface SelfSubjectAccessReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: NonResourceAttributes;
}

/** io.k8s.api.authorization.v1.SelfSubjectRulesReview */
export interface SelfSubjectRulesReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: SelfSubjectRulesReviewSpec;
  status?: SubjectRulesReviewStatus;
}

/** io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec */
export interface SelfSubjectRulesReviewSpec {
  namespace?: string;
}

/** io.k8s.api.authorization.v1.SubjectAccessReview */
export interface SubjectAccessReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: SubjectAccessReviewSpec;
  status?: SubjectAccessReviewStatus;
}

/** io.k8s.api.authorization.v1.SubjectAccessReviewSpec */
export interface SubjectAccessReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: NonResourceAttributes;
  user?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
  uid?: string;
}

/** io.k8s.api.authorization.v1.SubjectAccessReviewStatus */
export interface SubjectAccessReviewStatus {
  allowed: boolean;
  denied?: boolean;
  reason?: string;
  evaluationError?: string;
}

/** io.k8s.api.authorization.v1.SubjectRulesReviewStatus */
export interface SubjectRulesReviewStatus {
  resourceRules: ResourceRule[];
  nonResourceRules: NonResourceRule[];
  incomplete: boolean;
  evaluationError?: string;
}

/** io.k8s.api.authorization.v1beta1.LocalSubjectAccessReview */
export interface AuthorizationV1beta1LocalSubjectAccessReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AuthorizationV1beta1SubjectAccessReviewSpec;
  status?: AuthorizationV1beta1SubjectAccessReviewStatus;
}

/** io.k8s.api.authorization.v1beta1.NonResourceAttributes */
export interface AuthorizationV1beta1NonResourceAttributes {
  path?: string;
  verb?: string;
}

/** io.k8s.api.authorization.v1beta1.NonResourceRule */
export interface AuthorizationV1beta1NonResourceRule {
  verbs: string[];
  nonResourceURLs?: string[];
}

/** io.k8s.api.authorization.v1beta1.ResourceAttributes */
export interface AuthorizationV1beta1ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: FieldSelectorAttributes;
  labelSelector?: LabelSelectorAttributes;
}

/** io.k8s.api.authorization.v1beta1.ResourceRule */
export interface AuthorizationV1beta1ResourceRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/** io.k8s.api.authorization.v1beta1.SelfSubjectAccessReview */
export interface AuthorizationV1beta1SelfSubjectAccessReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AuthorizationV1beta1SelfSubjectAccessReviewSpec;
  status?: AuthorizationV1beta1SubjectAccessReviewStatus;
}

/** io.k8s.api.authorization.v1beta1.SelfSubjectAccessReviewSpec */
export interface AuthorizationV1beta1SelfSubjectAccessReviewSpec {
  resourceAttributes?: AuthorizationV1beta1ResourceAttributes;
  nonResourceAttributes?: AuthorizationV1beta1NonResourceAttributes;
}

/** io.k8s.api.authorization.v1beta1.SelfSubjectRulesReview */
export interface AuthorizationV1beta1SelfSubjectRulesReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AuthorizationV1beta1SelfSubjectRulesReviewSpec;
  status?: AuthorizationV1beta1SubjectRulesReviewStatus;
}

/** io.k8s.api.authorization.v1beta1.SelfSubjectRulesReviewSpec */
export interface AuthorizationV1beta1SelfSubjectRulesReviewSpec {
  namespace?: string;
}

/** io.k8s.api.authorization.v1beta1.SubjectAccessReview */
export interface AuthorizationV1beta1SubjectAccessReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AuthorizationV1beta1SubjectAccessReviewSpec;
  status?: AuthorizationV1beta1SubjectAccessReviewStatus;
}

/** io.k8s.api.authorization.v1beta1.SubjectAccessReviewSpec */
export interface AuthorizationV1beta1SubjectAccessReviewSpec {
  resourceAttributes?: AuthorizationV1beta1ResourceAttributes;
  nonResourceAttributes?: AuthorizationV1beta1NonResourceAttributes;
  user?: string;
  group?: string[];
  extra?: Record<string, string[]>;
  uid?: string;
}

/** io.k8s.api.authorization.v1beta1.SubjectAccessReviewStatus */
export interface AuthorizationV1beta1SubjectAccessReviewStatus {
  allowed: boolean;
  denied?: boolean;
  reason?: string;
  evaluationError?: string;
}

/** io.k8s.api.authorization.v1beta1.SubjectRulesReviewStatus */
export interface AuthorizationV1beta1SubjectRulesReviewStatus {
  resourceRules: AuthorizationV1beta1ResourceRule[];
  nonResourceRules: AuthorizationV1beta1NonResourceRule[];
  incomplete: boolean;
  evaluationError?: string;
}

/** io.k8s.api.autoscaling.v1.ContainerResourceMetricSource */
export interface AutoscalingV1ContainerResourceMetricSource {
  name: string;
  targetAverageUtilization?: number;
  targetAverageValue?: Quantity;
  container: string;
}

/** io.k8s.api.autoscaling.v1.ContainerResourceMetricStatus */
export interface AutoscalingV1ContainerResourceMetricStatus {
  name: string;
  currentAverageUtilization?: number;
  currentAverageValue: Quantity;
  container: string;
}

/** io.k8s.api.autoscaling.v1.CrossVersionObjectReference */
export interface AutoscalingV1CrossVersionObjectReference {
  kind: string;
  name: string;
  apiVersion?: string;
}

/** io.k8s.api.autoscaling.v1.ExternalMetricSource */
export interface AutoscalingV1ExternalMetricSource {
  metricName: string;
  metricSelector?: LabelSelector;
  targetValue?: Quantity;
  targetAverageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v1.ExternalMetricStatus */
export interface AutoscalingV1ExternalMetricStatus {
  metricName: string;
  metricSelector?: LabelSelector;
  currentValue: Quantity;
  currentAverageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler */
export interface AutoscalingV1HorizontalPodAutoscaler {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: AutoscalingV1HorizontalPodAutoscalerSpec;
  status?: AutoscalingV1HorizontalPodAutoscalerStatus;
}

/** io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerCondition */
export interface AutoscalingV1HorizontalPodAutoscalerCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerList */
export interface AutoscalingV1HorizontalPodAutoscalerList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AutoscalingV1HorizontalPodAutoscaler[];
}

/** io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec */
export interface AutoscalingV1HorizontalPodAutoscalerSpec {
  scaleTargetRef: AutoscalingV1CrossVersionObjectReference;
  minReplicas?: number;
  maxReplicas: number;
  targetCPUUtilizationPercentage?: number;
}

/** io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus */
export interface AutoscalingV1HorizontalPodAutoscalerStatus {
  observedGeneration?: number;
  lastScaleTime?: Time;
  currentReplicas: number;
  desiredReplicas: number;
  currentCPUUtilizationPercentage?: number;
}

/** io.k8s.api.autoscaling.v1.MetricSpec */
export interface AutoscalingV1MetricSpec {
  type: string;
  object?: AutoscalingV1ObjectMetricSource;
  pods?: AutoscalingV1PodsMetricSource;
  resource?: AutoscalingV1ResourceMetricSource;
  containerResource?: AutoscalingV1ContainerResourceMetricSource;
  external?: AutoscalingV1ExternalMetricSource;
}

/** io.k8s.api.autoscaling.v1.MetricStatus */
export interface AutoscalingV1MetricStatus {
  type: string;
  object?: AutoscalingV1ObjectMetricStatus;
  pods?: AutoscalingV1PodsMetricStatus;
  resource?: AutoscalingV1ResourceMetricStatus;
  containerResource?: AutoscalingV1ContainerResourceMetricStatus;
  external?: AutoscalingV1ExternalMetricStatus;
}

/** io.k8s.api.autoscaling.v1.ObjectMetricSource */
export interface AutoscalingV1ObjectMetricSource {
  target: AutoscalingV1CrossVersionObjectReference;
  metricName: string;
  targetValue: Quantity;
  selector?: LabelSelector;
  averageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v1.ObjectMetricStatus */
export interface AutoscalingV1ObjectMetricStatus {
  target: AutoscalingV1CrossVersionObjectReference;
  metricName: string;
  currentValue: Quantity;
  selector?: LabelSelector;
  averageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v1.PodsMetricSource */
export interface AutoscalingV1PodsMetricSource {
  metricName: string;
  targetAverageValue: Quantity;
  selector?: LabelSelector;
}

/** io.k8s.api.autoscaling.v1.PodsMetricStatus */
export interface AutoscalingV1PodsMetricStatus {
  metricName: string;
  currentAverageValue: Quantity;
  selector?: LabelSelector;
}

/** io.k8s.api.autoscaling.v1.ResourceMetricSource */
export interface AutoscalingV1ResourceMetricSource {
  name: string;
  targetAverageUtilization?: number;
  targetAverageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v1.ResourceMetricStatus */
export interface AutoscalingV1ResourceMetricStatus {
  name: string;
  currentAverageUtilization?: number;
  currentAverageValue: Quantity;
}

/** io.k8s.api.autoscaling.v1.Scale */
export interface Scale {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ScaleSpec;
  status?: ScaleStatus;
}

/** io.k8s.api.autoscaling.v1.ScaleSpec */
export interface ScaleSpec {
  replicas?: number;
}

/** io.k8s.api.autoscaling.v1.ScaleStatus */
export interface ScaleStatus {
  replicas: number;
  selector?: string;
}

/** io.k8s.api.autoscaling.v2.ContainerResourceMetricSource */
export interface ContainerResourceMetricSource {
  name: string;
  target: MetricTarget;
  container: string;
}

/** io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus */
export interface ContainerResourceMetricStatus {
  name: string;
  current: MetricValueStatus;
  container: string;
}

/** io.k8s.api.autoscaling.v2.CrossVersionObjectReference */
export interface CrossVersionObjectReference {
  kind: string;
  name: string;
  apiVersion?: string;
}

/** io.k8s.api.autoscaling.v2.ExternalMetricSource */
export interface ExternalMetricSource {
  metric: MetricIdentifier;
  target: MetricTarget;
}

/** io.k8s.api.autoscaling.v2.ExternalMetricStatus */
export interface ExternalMetricStatus {
  metric: MetricIdentifier;
  current: MetricValueStatus;
}

/** io.k8s.api.autoscaling.v2.HPAScalingPolicy */
export interface HPAScalingPolicy {
  type: string;
  value: number;
  periodSeconds: number;
}

/** io.k8s.api.autoscaling.v2.HPAScalingRules */
export interface HPAScalingRules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: HPAScalingPolicy[];
  tolerance?: Quantity;
}

/** io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler */
export interface HorizontalPodAutoscaler {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: HorizontalPodAutoscalerSpec;
  status?: HorizontalPodAutoscalerStatus;
}

/** io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior */
export interface HorizontalPodAutoscalerBehavior {
  scaleUp?: HPAScalingRules;
  scaleDown?: HPAScalingRules;
}

/** io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition */
export interface HorizontalPodAutoscalerCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerList */
export interface HorizontalPodAutoscalerList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: HorizontalPodAutoscaler[];
}

/** io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec */
export interface HorizontalPodAutoscalerSpec {
  scaleTargetRef: CrossVersionObjectReference;
  minReplicas?: number;
  maxReplicas: number;
  metrics?: MetricSpec[];
  behavior?: HorizontalPodAutoscalerBehavior;
}

/** io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus */
export interface HorizontalPodAutoscalerStatus {
  observedGeneration?: number;
  lastScaleTime?: Time;
  currentReplicas?: number;
  desiredReplicas: number;
  currentMetrics?: MetricStatus[];
  conditions?: HorizontalPodAutoscalerCondition[];
}

/** io.k8s.api.autoscaling.v2.MetricIdentifier */
export interface MetricIdentifier {
  name: string;
  selector?: LabelSelector;
}

/** io.k8s.api.autoscaling.v2.MetricSpec */
export interface MetricSpec {
  type: string;
  object?: ObjectMetricSource;
  pods?: PodsMetricSource;
  resource?: ResourceMetricSource;
  containerResource?: ContainerResourceMetricSource;
  external?: ExternalMetricSource;
}

/** io.k8s.api.autoscaling.v2.MetricStatus */
export interface MetricStatus {
  type: string;
  object?: ObjectMetricStatus;
  pods?: PodsMetricStatus;
  resource?: ResourceMetricStatus;
  containerResource?: ContainerResourceMetricStatus;
  external?: ExternalMetricStatus;
}

/** io.k8s.api.autoscaling.v2.MetricTarget */
export interface MetricTarget {
  type: string;
  value?: Quantity;
  averageValue?: Quantity;
  averageUtilization?: number;
}

/** io.k8s.api.autoscaling.v2.MetricValueStatus */
export interface MetricValueStatus {
  value?: Quantity;
  averageValue?: Quantity;
  averageUtilization?: number;
}

/** io.k8s.api.autoscaling.v2.ObjectMetricSource */
export interface ObjectMetricSource {
  describedObject: CrossVersionObjectReference;
  target: MetricTarget;
  metric: MetricIdentifier;
}

/** io.k8s.api.autoscaling.v2.ObjectMetricStatus */
export interface ObjectMetricStatus {
  metric: MetricIdentifier;
  current: MetricValueStatus;
  describedObject: CrossVersionObjectReference;
}

/** io.k8s.api.autoscaling.v2.PodsMetricSource */
export interface PodsMetricSource {
  metric: MetricIdentifier;
  target: MetricTarget;
}

/** io.k8s.api.autoscaling.v2.PodsMetricStatus */
export interface PodsMetricStatus {
  metric: MetricIdentifier;
  current: MetricValueStatus;
}

/** io.k8s.api.autoscaling.v2.ResourceMetricSource */
export interface ResourceMetricSource {
  name: string;
  target: MetricTarget;
}

/** io.k8s.api.autoscaling.v2.ResourceMetricStatus */
export interface ResourceMetricStatus {
  name: string;
  current: MetricValueStatus;
}

/** io.k8s.api.autoscaling.v2beta1.ContainerResourceMetricSource */
export interface AutoscalingV2beta1ContainerResourceMetricSource {
  name: string;
  targetAverageUtilization?: number;
  targetAverageValue?: Quantity;
  container: string;
}

/** io.k8s.api.autoscaling.v2beta1.ContainerResourceMetricStatus */
export interface AutoscalingV2beta1ContainerResourceMetricStatus {
  name: string;
  currentAverageUtilization?: number;
  currentAverageValue: Quantity;
  container: string;
}

/** io.k8s.api.autoscaling.v2beta1.CrossVersionObjectReference */
export interface AutoscalingV2beta1CrossVersionObjectReference {
  kind: string;
  name: string;
  apiVersion?: string;
}

/** io.k8s.api.autoscaling.v2beta1.ExternalMetricSource */
export interface AutoscalingV2beta1ExternalMetricSource {
  metricName: string;
  metricSelector?: LabelSelector;
  targetValue?: Quantity;
  targetAverageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v2beta1.ExternalMetricStatus */
export interface AutoscalingV2beta1ExternalMetricStatus {
  metricName: string;
  metricSelector?: LabelSelector;
  currentValue: Quantity;
  currentAverageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v2beta1.HorizontalPodAutoscaler */
export interface AutoscalingV2beta1HorizontalPodAutoscaler {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AutoscalingV2beta1HorizontalPodAutoscalerSpec;
  status?: AutoscalingV2beta1HorizontalPodAutoscalerStatus;
}

/** io.k8s.api.autoscaling.v2beta1.HorizontalPodAutoscalerCondition */
export interface AutoscalingV2beta1HorizontalPodAutoscalerCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.autoscaling.v2beta1.HorizontalPodAutoscalerList */
export interface AutoscalingV2beta1HorizontalPodAutoscalerList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AutoscalingV2beta1HorizontalPodAutoscaler[];
}

/** io.k8s.api.autoscaling.v2beta1.HorizontalPodAutoscalerSpec */
export interface AutoscalingV2beta1HorizontalPodAutoscalerSpec {
  scaleTargetRef: AutoscalingV2beta1CrossVersionObjectReference;
  minReplicas?: number;
  maxReplicas: number;
  metrics?: AutoscalingV2beta1MetricSpec[];
}

/** io.k8s.api.autoscaling.v2beta1.HorizontalPodAutoscalerStatus */
export interface AutoscalingV2beta1HorizontalPodAutoscalerStatus {
  observedGeneration?: number;
  lastScaleTime?: Time;
  currentReplicas: number;
  desiredReplicas: number;
  currentMetrics?: AutoscalingV2beta1MetricStatus[];
  conditions?: AutoscalingV2beta1HorizontalPodAutoscalerCondition[];
}

/** io.k8s.api.autoscaling.v2beta1.MetricSpec */
export interface AutoscalingV2beta1MetricSpec {
  type: string;
  object?: AutoscalingV2beta1ObjectMetricSource;
  pods?: AutoscalingV2beta1PodsMetricSource;
  resource?: AutoscalingV2beta1ResourceMetricSource;
  containerResource?: AutoscalingV2beta1ContainerResourceMetricSource;
  external?: AutoscalingV2beta1ExternalMetricSource;
}

/** io.k8s.api.autoscaling.v2beta1.MetricStatus */
export interface AutoscalingV2beta1MetricStatus {
  type: string;
  object?: AutoscalingV2beta1ObjectMetricStatus;
  pods?: AutoscalingV2beta1PodsMetricStatus;
  resource?: AutoscalingV2beta1ResourceMetricStatus;
  containerResource?: AutoscalingV2beta1ContainerResourceMetricStatus;
  external?: AutoscalingV2beta1ExternalMetricStatus;
}

/** io.k8s.api.autoscaling.v2beta1.ObjectMetricSource */
export interface AutoscalingV2beta1ObjectMetricSource {
  target: AutoscalingV2beta1CrossVersionObjectReference;
  metricName: string;
  targetValue: Quantity;
  selector?: LabelSelector;
  averageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v2beta1.ObjectMetricStatus */
export interface AutoscalingV2beta1ObjectMetricStatus {
  target: AutoscalingV2beta1CrossVersionObjectReference;
  metricName: string;
  currentValue: Quantity;
  selector?: LabelSelector;
  averageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v2beta1.PodsMetricSource */
export interface AutoscalingV2beta1PodsMetricSource {
  metricName: string;
  targetAverageValue: Quantity;
  selector?: LabelSelector;
}

/** io.k8s.api.autoscaling.v2beta1.PodsMetricStatus */
export interface AutoscalingV2beta1PodsMetricStatus {
  metricName: string;
  currentAverageValue: Quantity;
  selector?: LabelSelector;
}

/** io.k8s.api.autoscaling.v2beta1.ResourceMetricSource */
export interface AutoscalingV2beta1ResourceMetricSource {
  name: string;
  targetAverageUtilization?: number;
  targetAverageValue?: Quantity;
}

/** io.k8s.api.autoscaling.v2beta1.ResourceMetricStatus */
export interface AutoscalingV2beta1ResourceMetricStatus {
  name: string;
  currentAverageUtilization?: number;
  currentAverageValue: Quantity;
}

/** io.k8s.api.autoscaling.v2beta2.ContainerResourceMetricSource */
export interface AutoscalingV2beta2ContainerResourceMetricSource {
  name: string;
  target: AutoscalingV2beta2MetricTarget;
  container: string;
}

/** io.k8s.api.autoscaling.v2beta2.ContainerResourceMetricStatus */
export interface AutoscalingV2beta2ContainerResourceMetricStatus {
  name: string;
  current: AutoscalingV2beta2MetricValueStatus;
  container: string;
}

/** io.k8s.api.autoscaling.v2beta2.CrossVersionObjectReference */
export interface AutoscalingV2beta2CrossVersionObjectReference {
  kind: string;
  name: string;
  apiVersion?: string;
}

/** io.k8s.api.autoscaling.v2beta2.ExternalMetricSource */
export interface AutoscalingV2beta2ExternalMetricSource {
  metric: AutoscalingV2beta2MetricIdentifier;
  target: AutoscalingV2beta2MetricTarget;
}

/** io.k8s.api.autoscaling.v2beta2.ExternalMetricStatus */
export interface AutoscalingV2beta2ExternalMetricStatus {
  metric: AutoscalingV2beta2MetricIdentifier;
  current: AutoscalingV2beta2MetricValueStatus;
}

/** io.k8s.api.autoscaling.v2beta2.HPAScalingPolicy */
export interface AutoscalingV2beta2HPAScalingPolicy {
  type: string;
  value: number;
  periodSeconds: number;
}

/** io.k8s.api.autoscaling.v2beta2.HPAScalingRules */
export interface AutoscalingV2beta2HPAScalingRules {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: AutoscalingV2beta2HPAScalingPolicy[];
}

/** io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscaler */
export interface AutoscalingV2beta2HorizontalPodAutoscaler {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: AutoscalingV2beta2HorizontalPodAutoscalerSpec;
  status?: AutoscalingV2beta2HorizontalPodAutoscalerStatus;
}

/** io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscalerBehavior */
export interface AutoscalingV2beta2HorizontalPodAutoscalerBehavior {
  scaleUp?: AutoscalingV2beta2HPAScalingRules;
  scaleDown?: AutoscalingV2beta2HPAScalingRules;
}

/** io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscalerCondition */
export interface AutoscalingV2beta2HorizontalPodAutoscalerCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscalerList */
export interface AutoscalingV2beta2HorizontalPodAutoscalerList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: AutoscalingV2beta2HorizontalPodAutoscaler[];
}

/** io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscalerSpec */
export interface AutoscalingV2beta2HorizontalPodAutoscalerSpec {
  scaleTargetRef: AutoscalingV2beta2CrossVersionObjectReference;
  minReplicas?: number;
  maxReplicas: number;
  metrics?: AutoscalingV2beta2MetricSpec[];
  behavior?: AutoscalingV2beta2HorizontalPodAutoscalerBehavior;
}

/** io.k8s.api.autoscaling.v2beta2.HorizontalPodAutoscalerStatus */
export interface AutoscalingV2beta2HorizontalPodAutoscalerStatus {
  observedGeneration?: number;
  lastScaleTime?: Time;
  currentReplicas: number;
  desiredReplicas: number;
  currentMetrics?: AutoscalingV2beta2MetricStatus[];
  conditions?: AutoscalingV2beta2HorizontalPodAutoscalerCondition[];
}

/** io.k8s.api.autoscaling.v2beta2.MetricIdentifier */
export interface AutoscalingV2beta2MetricIdentifier {
  name: string;
  selector?: LabelSelector;
}

/** io.k8s.api.autoscaling.v2beta2.MetricSpec */
export interface AutoscalingV2beta2MetricSpec {
  type: string;
  object?: AutoscalingV2beta2ObjectMetricSource;
  pods?: AutoscalingV2beta2PodsMetricSource;
  resource?: AutoscalingV2beta2ResourceMetricSource;
  containerResource?: AutoscalingV2beta2ContainerResourceMetricSource;
  external?: AutoscalingV2beta2ExternalMetricSource;
}

/** io.k8s.api.autoscaling.v2beta2.MetricStatus */
export interface AutoscalingV2beta2MetricStatus {
  type: string;
  object?: AutoscalingV2beta2ObjectMetricStatus;
  pods?: AutoscalingV2beta2PodsMetricStatus;
  resource?: AutoscalingV2beta2ResourceMetricStatus;
  containerResource?: AutoscalingV2beta2ContainerResourceMetricStatus;
  external?: AutoscalingV2beta2ExternalMetricStatus;
}

/** io.k8s.api.autoscaling.v2beta2.MetricTarget */
export interface AutoscalingV2beta2MetricTarget {
  type: string;
  value?: Quantity;
  averageValue?: Quantity;
  averageUtilization?: number;
}

/** io.k8s.api.autoscaling.v2beta2.MetricValueStatus */
export interface AutoscalingV2beta2MetricValueStatus {
  value?: Quantity;
  averageValue?: Quantity;
  averageUtilization?: number;
}

/** io.k8s.api.autoscaling.v2beta2.ObjectMetricSource */
export interface AutoscalingV2beta2ObjectMetricSource {
  describedObject: AutoscalingV2beta2CrossVersionObjectReference;
  target: AutoscalingV2beta2MetricTarget;
  metric: AutoscalingV2beta2MetricIdentifier;
}

/** io.k8s.api.autoscaling.v2beta2.ObjectMetricStatus */
export interface AutoscalingV2beta2ObjectMetricStatus {
  metric: AutoscalingV2beta2MetricIdentifier;
  current: AutoscalingV2beta2MetricValueStatus;
  describedObject: AutoscalingV2beta2CrossVersionObjectReference;
}

/** io.k8s.api.autoscaling.v2beta2.PodsMetricSource */
export interface AutoscalingV2beta2PodsMetricSource {
  metric: AutoscalingV2beta2MetricIdentifier;
  target: AutoscalingV2beta2MetricTarget;
}

/** io.k8s.api.autoscaling.v2beta2.PodsMetricStatus */
export interface AutoscalingV2beta2PodsMetricStatus {
  metric: AutoscalingV2beta2MetricIdentifier;
  current: AutoscalingV2beta2MetricValueStatus;
}

/** io.k8s.api.autoscaling.v2beta2.ResourceMetricSource */
export interface AutoscalingV2beta2ResourceMetricSource {
  name: string;
  target: AutoscalingV2beta2MetricTarget;
}

/** io.k8s.api.autoscaling.v2beta2.ResourceMetricStatus */
export interface AutoscalingV2beta2ResourceMetricStatus {
  name: string;
  current: AutoscalingV2beta2MetricValueStatus;
}

/** io.k8s.api.batch.v1.CronJob */
export interface CronJob {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CronJobSpec;
  status?: CronJobStatus;
}

/** io.k8s.api.batch.v1.CronJobList */
export interface CronJobList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CronJob[];
}

/** io.k8s.api.batch.v1.CronJobSpec */
export interface CronJobSpec {
  schedule: string;
  timeZone?: string;
  startingDeadlineSeconds?: number;
  concurrencyPolicy?: string;
  suspend?: boolean;
  jobTemplate: JobTemplateSpec;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
}

/** io.k8s.api.batch.v1.CronJobStatus */
export interface CronJobStatus {
  active?: ObjectReference[];
  lastScheduleTime?: Time;
  lastSuccessfulTime?: Time;
}

/** io.k8s.api.batch.v1.Job */
export interface Job {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: JobSpec;
  status?: JobStatus;
}

/** io.k8s.api.batch.v1.JobCondition */
export interface JobCondition {
  type: string;
  status: string;
  lastProbeTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.batch.v1.JobList */
export interface JobList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Job[];
}

/** io.k8s.api.batch.v1.JobSpec */
export interface JobSpec {
  parallelism?: number;
  completions?: number;
  activeDeadlineSeconds?: number;
  podFailurePolicy?: PodFailurePolicy;
  successPolicy?: SuccessPolicy;
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  maxFailedIndexes?: number;
  selector?: LabelSelector;
  manualSelector?: boolean;
  template: PodTemplateSpec;
  ttlSecondsAfterFinished?: number;
  completionMode?: string;
  suspend?: boolean;
  podReplacementPolicy?: string;
  managedBy?: string;
}

/** io.k8s.api.batch.v1.JobStatus */
export interface JobStatus {
  conditions?: JobCondition[];
  startTime?: Time;
  completionTime?: Time;
  active?: number;
  succeeded?: number;
  failed?: number;
  terminating?: number;
  completedIndexes?: string;
  failedIndexes?: string;
  uncountedTerminatedPods?: UncountedTerminatedPods;
  ready?: number;
}

/** io.k8s.api.batch.v1.JobTemplateSpec */
export interface JobTemplateSpec {
  metadata?: ObjectMeta;
  spec?: JobSpec;
}

/** io.k8s.api.batch.v1.PodFailurePolicy */
export interface PodFailurePolicy {
  rules: PodFailurePolicyRule[];
}

/** io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement */
export interface PodFailurePolicyOnExitCodesRequirement {
  containerName?: string;
  operator: string;
  values: number[];
}

/** io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern */
export interface PodFailurePolicyOnPodConditionsPattern {
  type: string;
  status?: string;
}

/** io.k8s.api.batch.v1.PodFailurePolicyRule */
export interface PodFailurePolicyRule {
  action: string;
  onExitCodes?: PodFailurePolicyOnExitCodesRequirement;
  onPodConditions?: PodFailurePolicyOnPodConditionsPattern[];
}

/** io.k8s.api.batch.v1.SuccessPolicy */
export interface SuccessPolicy {
  rules: SuccessPolicyRule[];
}

/** io.k8s.api.batch.v1.SuccessPolicyRule */
export interface SuccessPolicyRule {
  succeededIndexes?: string;
  succeededCount?: number;
}

/** io.k8s.api.batch.v1.UncountedTerminatedPods */
export interface UncountedTerminatedPods {
  succeeded?: string[];
  failed?: string[];
}

/** io.k8s.api.batch.v1beta1.CronJob */
export interface BatchV1beta1CronJob {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: BatchV1beta1CronJobSpec;
  status?: BatchV1beta1CronJobStatus;
}

/** io.k8s.api.batch.v1beta1.CronJobList */
export interface BatchV1beta1CronJobList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: BatchV1beta1CronJob[];
}

/** io.k8s.api.batch.v1beta1.CronJobSpec */
export interface BatchV1beta1CronJobSpec {
  schedule: string;
  timeZone?: string;
  startingDeadlineSeconds?: number;
  concurrencyPolicy?: string;
  suspend?: boolean;
  jobTemplate: BatchV1beta1JobTemplateSpec;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
}

/** io.k8s.api.batch.v1beta1.CronJobStatus */
export interface BatchV1beta1CronJobStatus {
  active?: ObjectReference[];
  lastScheduleTime?: Time;
  lastSuccessfulTime?: Time;
}

/** io.k8s.api.batch.v1beta1.JobTemplateSpec */
export interface BatchV1beta1JobTemplateSpec {
  metadata?: ObjectMeta;
  spec?: JobSpec;
}

/** io.k8s.api.batch.v2alpha1.CronJob */
export interface BatchV2alpha1CronJob {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: BatchV2alpha1CronJobSpec;
  status?: BatchV2alpha1CronJobStatus;
}

/** io.k8s.api.batch.v2alpha1.CronJobList */
export interface BatchV2alpha1CronJobList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: BatchV2alpha1CronJob[];
}

/** io.k8s.api.batch.v2alpha1.CronJobSpec */
export interface BatchV2alpha1CronJobSpec {
  schedule: string;
  startingDeadlineSeconds?: number;
  concurrencyPolicy?: string;
  suspend?: boolean;
  jobTemplate: BatchV2alpha1JobTemplateSpec;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
}

/** io.k8s.api.batch.v2alpha1.CronJobStatus */
export interface BatchV2alpha1CronJobStatus {
  active?: ObjectReference[];
  lastScheduleTime?: Time;
}

/** io.k8s.api.batch.v2alpha1.JobTemplate */
export interface JobTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  template?: BatchV2alpha1JobTemplateSpec;
}

/** io.k8s.api.batch.v2alpha1.JobTemplateSpec */
export interface BatchV2alpha1JobTemplateSpec {
  metadata?: ObjectMeta;
  spec?: JobSpec;
}

/** io.k8s.api.certificates.v1.CertificateSigningRequest */
export interface CertificateSigningRequest {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CertificateSigningRequestSpec;
  status?: CertificateSigningRequestStatus;
}

/** io.k8s.api.certificates.v1.CertificateSigningRequestCondition */
export interface CertificateSigningRequestCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: Time;
  lastTransitionTime?: Time;
}

/** io.k8s.api.certificates.v1.CertificateSigningRequestList */
export interface CertificateSigningRequestList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CertificateSigningRequest[];
}

/** io.k8s.api.certificates.v1.CertificateSigningRequestSpec */
export interface CertificateSigningRequestSpec {
  request: string;
  signerName: string;
  expirationSeconds?: number;
  usages?: string[];
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** io.k8s.api.certificates.v1.CertificateSigningRequestStatus */
export interface CertificateSigningRequestStatus {
  conditions?: CertificateSigningRequestCondition[];
  certificate?: string;
}

/** io.k8s.api.certificates.v1alpha1.ClusterTrustBundle */
export interface CertificatesV1alpha1ClusterTrustBundle {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CertificatesV1alpha1ClusterTrustBundleSpec;
}

/** io.k8s.api.certificates.v1alpha1.ClusterTrustBundleList */
export interface CertificatesV1alpha1ClusterTrustBundleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CertificatesV1alpha1ClusterTrustBundle[];
}

/** io.k8s.api.certificates.v1alpha1.ClusterTrustBundleSpec */
export interface CertificatesV1alpha1ClusterTrustBundleSpec {
  signerName?: string;
  trustBundle: string;
}

/** io.k8s.api.certificates.v1beta1.CertificateSigningRequest */
export interface CertificatesV1beta1CertificateSigningRequest {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CertificatesV1beta1CertificateSigningRequestSpec;
  status?: CertificatesV1beta1CertificateSigningRequestStatus;
}

/** io.k8s.api.certificates.v1beta1.CertificateSigningRequestCondition */
export interface CertificatesV1beta1CertificateSigningRequestCondition {
  type: string;
  status?: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: Time;
  lastTransitionTime?: Time;
}

/** io.k8s.api.certificates.v1beta1.CertificateSigningRequestList */
export interface CertificatesV1beta1CertificateSigningRequestList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CertificatesV1beta1CertificateSigningRequest[];
}

/** io.k8s.api.certificates.v1beta1.CertificateSigningRequestSpec */
export interface CertificatesV1beta1CertificateSigningRequestSpec {
  request: string;
  signerName?: string;
  expirationSeconds?: number;
  usages?: string[];
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** io.k8s.api.certificates.v1beta1.CertificateSigningRequestStatus */
export interface CertificatesV1beta1CertificateSigningRequestStatus {
  conditions?: CertificatesV1beta1CertificateSigningRequestCondition[];
  certificate?: string;
}

/** io.k8s.api.certificates.v1beta1.ClusterTrustBundle */
export interface ClusterTrustBundle {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ClusterTrustBundleSpec;
}

/** io.k8s.api.certificates.v1beta1.ClusterTrustBundleList */
export interface ClusterTrustBundleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ClusterTrustBundle[];
}

/** io.k8s.api.certificates.v1beta1.ClusterTrustBundleSpec */
export interface ClusterTrustBundleSpec {
  signerName?: string;
  trustBundle: string;
}

/** io.k8s.api.certificates.v1beta1.PodCertificateRequest */
export interface PodCertificateRequest {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: PodCertificateRequestSpec;
  status?: PodCertificateRequestStatus;
}

/** io.k8s.api.certificates.v1beta1.PodCertificateRequestList */
export interface PodCertificateRequestList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PodCertificateRequest[];
}

/** io.k8s.api.certificates.v1beta1.PodCertificateRequestSpec */
export interface PodCertificateRequestSpec {
  signerName: string;
  podName: string;
  podUID: string;
  serviceAccountName: string;
  serviceAccountUID: string;
  nodeName: string;
  nodeUID: string;
  maxExpirationSeconds?: number;
  pkixPublicKey?: string;
  proofOfPossession?: string;
  stubPKCS10Request: string;
  unverifiedUserAnnotations?: Record<string, string>;
}

/** io.k8s.api.certificates.v1beta1.PodCertificateRequestStatus */
export interface PodCertificateRequestStatus {
  conditions?: Condition[];
  certificateChain?: string;
  notBefore?: Time;
  beginRefreshAt?: Time;
  notAfter?: Time;
}

/** io.k8s.api.coordination.v1.Lease */
export interface Lease {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: LeaseSpec;
}

/** io.k8s.api.coordination.v1.LeaseList */
export interface LeaseList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Lease[];
}

/** io.k8s.api.coordination.v1.LeaseSpec */
export interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: MicroTime;
  renewTime?: MicroTime;
  leaseTransitions?: number;
  strategy?: string;
  preferredHolder?: string;
}

/** io.k8s.api.coordination.v1alpha2.LeaseCandidate */
export interface CoordinationV1alpha2LeaseCandidate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CoordinationV1alpha2LeaseCandidateSpec;
}

/** io.k8s.api.coordination.v1alpha2.LeaseCandidateList */
export interface CoordinationV1alpha2LeaseCandidateList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CoordinationV1alpha2LeaseCandidate[];
}

/** io.k8s.api.coordination.v1alpha2.LeaseCandidateSpec */
export interface CoordinationV1alpha2LeaseCandidateSpec {
  leaseName: string;
  pingTime?: MicroTime;
  renewTime?: MicroTime;
  binaryVersion: string;
  emulationVersion?: string;
  strategy: string;
}

/** io.k8s.api.coordination.v1beta1.Lease */
export interface CoordinationV1beta1Lease {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: CoordinationV1beta1LeaseSpec;
}

/** io.k8s.api.coordination.v1beta1.LeaseCandidate */
export interface LeaseCandidate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: LeaseCandidateSpec;
}

/** io.k8s.api.coordination.v1beta1.LeaseCandidateList */
export interface LeaseCandidateList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: LeaseCandidate[];
}

/** io.k8s.api.coordination.v1beta1.LeaseCandidateSpec */
export interface LeaseCandidateSpec {
  leaseName: string;
  pingTime?: MicroTime;
  renewTime?: MicroTime;
  binaryVersion: string;
  emulationVersion?: string;
  strategy: string;
}

/** io.k8s.api.coordination.v1beta1.LeaseList */
export interface CoordinationV1beta1LeaseList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CoordinationV1beta1Lease[];
}

/** io.k8s.api.coordination.v1beta1.LeaseSpec */
export interface CoordinationV1beta1LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: MicroTime;
  renewTime?: MicroTime;
  leaseTransitions?: number;
  strategy?: string;
  preferredHolder?: string;
}

/** io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource */
export interface AWSElasticBlockStoreVolumeSource {
  volumeID: string;
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.Affinity */
export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAntiAffinity;
}

/** io.k8s.api.core.v1.AppArmorProfile */
export interface AppArmorProfile {
  type: string;
  localhostProfile?: string;
}

/** io.k8s.api.core.v1.AttachedVolume */
export interface AttachedVolume {
  name: string;
  devicePath: string;
}

/** io.k8s.api.core.v1.AvoidPods */
export interface AvoidPods {
  preferAvoidPods?: PreferAvoidPodsEntry[];
}

/** io.k8s.api.core.v1.AzureDiskVolumeSource */
export interface AzureDiskVolumeSource {
  diskName: string;
  diskURI: string;
  cachingMode?: string;
  fsType?: string;
  readOnly?: boolean;
  kind?: string;
}

/** io.k8s.api.core.v1.AzureFilePersistentVolumeSource */
export interface AzureFilePersistentVolumeSource {
  secretName: string;
  shareName: string;
  readOnly?: boolean;
  secretNamespace?: string;
}

/** io.k8s.api.core.v1.AzureFileVolumeSource */
export interface AzureFileVolumeSource {
  secretName: string;
  shareName: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.Binding */
export interface Binding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  target: ObjectReference;
}

/** io.k8s.api.core.v1.CSIPersistentVolumeSource */
export interface CSIPersistentVolumeSource {
  driver: string;
  volumeHandle: string;
  readOnly?: boolean;
  fsType?: string;
  volumeAttributes?: Record<string, string>;
  controllerPublishSecretRef?: SecretReference;
  nodeStageSecretRef?: SecretReference;
  nodePublishSecretRef?: SecretReference;
  controllerExpandSecretRef?: SecretReference;
  nodeExpandSecretRef?: SecretReference;
}

/** io.k8s.api.core.v1.CSIVolumeSource */
export interface CSIVolumeSource {
  driver: string;
  readOnly?: boolean;
  fsType?: string;
  volumeAttributes?: Record<string, string>;
  nodePublishSecretRef?: LocalObjectReference;
}

/** io.k8s.api.core.v1.Capabilities */
export interface Capabilities {
  add?: string[];
  drop?: string[];
}

/** io.k8s.api.core.v1.CephFSPersistentVolumeSource */
export interface CephFSPersistentVolumeSource {
  monitors: string[];
  path?: string;
  user?: string;
  secretFile?: string;
  secretRef?: SecretReference;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.CephFSVolumeSource */
export interface CephFSVolumeSource {
  monitors: string[];
  path?: string;
  user?: string;
  secretFile?: string;
  secretRef?: LocalObjectReference;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.CinderPersistentVolumeSource */
export interface CinderPersistentVolumeSource {
  volumeID: string;
  fsType?: string;
  readOnly?: boolean;
  secretRef?: SecretReference;
}

/** io.k8s.api.core.v1.CinderVolumeSource */
export interface CinderVolumeSource {
  volumeID: string;
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}

/** io.k8s.api.core.v1.ClientIPConfig */
export interface ClientIPConfig {
  timeoutSeconds?: number;
}

/** io.k8s.api.core.v1.ClusterTrustBundleProjection */
export interface ClusterTrustBundleProjection {
  name?: string;
  signerName?: string;
  labelSelector?: LabelSelector;
  optional?: boolean;
  path: string;
}

/** io.k8s.api.core.v1.ComponentCondition */
export interface ComponentCondition {
  type: string;
  status: string;
  message?: string;
  error?: string;
}

/** io.k8s.api.core.v1.ComponentStatus */
export interface ComponentStatus {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  conditions?: ComponentCondition[];
}

/** io.k8s.api.core.v1.ComponentStatusList */
export interface ComponentStatusList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ComponentStatus[];
}

/** io.k8s.api.core.v1.ConfigMap */
export interface ConfigMap {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  immutable?: boolean;
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

/** io.k8s.api.core.v1.ConfigMapEnvSource */
export interface ConfigMapEnvSource {
  name?: string;
  optional?: boolean;
}

/** io.k8s.api.core.v1.ConfigMapKeySelector */
export interface ConfigMapKeySelector {
  name?: string;
  key: string;
  optional?: boolean;
}

/** io.k8s.api.core.v1.ConfigMapList */
export interface ConfigMapList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ConfigMap[];
}

/** io.k8s.api.core.v1.ConfigMapNodeConfigSource */
export interface ConfigMapNodeConfigSource {
  namespace: string;
  name: string;
  uid?: string;
  resourceVersion?: string;
  kubeletConfigKey: string;
}

/** io.k8s.api.core.v1.ConfigMapProjection */
export interface ConfigMapProjection {
  name?: string;
  items?: KeyToPath[];
  optional?: boolean;
}

/** io.k8s.api.core.v1.ConfigMapVolumeSource */
export interface ConfigMapVolumeSource {
  name?: string;
  items?: KeyToPath[];
  defaultMode?: number;
  optional?: boolean;
}

/** io.k8s.api.core.v1.Container */
export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
}

/** io.k8s.api.core.v1.ContainerExtendedResourceRequest */
export interface ContainerExtendedResourceRequest {
  containerName: string;
  resourceName: string;
  requestName: string;
}

/** io.k8s.api.core.v1.ContainerImage */
export interface ContainerImage {
  names?: string[];
  sizeBytes?: number;
}

/** io.k8s.api.core.v1.ContainerPort */
export interface ContainerPort {
  name?: string;
  hostPort?: number;
  containerPort: number;
  protocol?: string;
  hostIP?: string;
}

/** io.k8s.api.core.v1.ContainerResizePolicy */
export interface ContainerResizePolicy {
  resourceName: string;
  restartPolicy: string;
}

/** io.k8s.api.core.v1.ContainerRestartRule */
export interface ContainerRestartRule {
  action: string;
  exitCodes?: ContainerRestartRuleOnExitCodes;
}

/** io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes */
export interface ContainerRestartRuleOnExitCodes {
  operator: string;
  values?: number[];
}

/** io.k8s.api.core.v1.ContainerState */
export interface ContainerState {
  waiting?: ContainerStateWaiting;
  running?: ContainerStateRunning;
  terminated?: ContainerStateTerminated;
}

/** io.k8s.api.core.v1.ContainerStateRunning */
export interface ContainerStateRunning {
  startedAt?: Time;
}

/** io.k8s.api.core.v1.ContainerStateTerminated */
export interface ContainerStateTerminated {
  exitCode: number;
  signal?: number;
  reason?: string;
  message?: string;
  startedAt?: Time;
  finishedAt?: Time;
  containerID?: string;
}

/** io.k8s.api.core.v1.ContainerStateWaiting */
export interface ContainerStateWaiting {
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.ContainerStatus */
export interface ContainerStatus {
  name: string;
  state?: ContainerState;
  lastState?: ContainerState;
  ready: boolean;
  restartCount: number;
  image: string;
  imageID: string;
  containerID?: string;
  started?: boolean;
  allocatedResources?: Record<string, Quantity>;
  resources?: ResourceRequirements;
  volumeMounts?: VolumeMountStatus[];
  user?: ContainerUser;
  allocatedResourcesStatus?: ResourceStatus[];
  stopSignal?: string;
}

/** io.k8s.api.core.v1.ContainerUser */
export interface ContainerUser {
  linux?: LinuxContainerUser;
}

/** io.k8s.api.core.v1.DaemonEndpoint */
export interface DaemonEndpoint {
  Port: number;
}

/** io.k8s.api.core.v1.DownwardAPIProjection */
export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[];
}

/** io.k8s.api.core.v1.DownwardAPIVolumeFile */
export interface DownwardAPIVolumeFile {
  path: string;
  fieldRef?: ObjectFieldSelector;
  resourceFieldRef?: ResourceFieldSelector;
  mode?: number;
}

/** io.k8s.api.core.v1.DownwardAPIVolumeSource */
export interface DownwardAPIVolumeSource {
  items?: DownwardAPIVolumeFile[];
  defaultMode?: number;
}

/** io.k8s.api.core.v1.EmptyDirVolumeSource */
export interface EmptyDirVolumeSource {
  medium?: string;
  sizeLimit?: Quantity;
}

/** io.k8s.api.core.v1.EndpointAddress */
export interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: ObjectReference;
}

/** io.k8s.api.core.v1.EndpointPort */
export interface EndpointPort {
  name?: string;
  port: number;
  protocol?: string;
  appProtocol?: string;
}

/** io.k8s.api.core.v1.EndpointSubset */
export interface EndpointSubset {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: EndpointPort[];
}

/** io.k8s.api.core.v1.Endpoints */
export interface Endpoints {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subsets?: EndpointSubset[];
}

/** io.k8s.api.core.v1.EndpointsList */
export interface EndpointsList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Endpoints[];
}

/** io.k8s.api.core.v1.EnvFromSource */
export interface EnvFromSource {
  prefix?: string;
  configMapRef?: ConfigMapEnvSource;
  secretRef?: SecretEnvSource;
}

/** io.k8s.api.core.v1.EnvVar */
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: EnvVarSource;
}

/** io.k8s.api.core.v1.EnvVarSource */
export interface EnvVarSource {
  fieldRef?: ObjectFieldSelector;
  resourceFieldRef?: ResourceFieldSelector;
  configMapKeyRef?: ConfigMapKeySelector;
  secretKeyRef?: SecretKeySelector;
  fileKeyRef?: FileKeySelector;
}

/** io.k8s.api.core.v1.EphemeralContainer */
export interface EphemeralContainer {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
  targetContainerName?: string;
}

/** io.k8s.api.core.v1.EphemeralContainerCommon */
export interface EphemeralContainerCommon {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
}

/** io.k8s.api.core.v1.EphemeralVolumeSource */
export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate;
}

/** io.k8s.api.core.v1.Event */
export interface Event {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  involvedObject: ObjectReference;
  reason?: string;
  message?: string;
  source?: EventSource;
  firstTimestamp?: Time;
  lastTimestamp?: Time;
  count?: number;
  type?: string;
  eventTime?: MicroTime;
  series?: EventSeries;
  action?: string;
  related?: ObjectReference;
  reportingComponent?: string;
  reportingInstance?: string;
}

/** io.k8s.api.core.v1.EventList */
export interface EventList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Event[];
}

/** io.k8s.api.core.v1.EventSeries */
export interface EventSeries {
  count?: number;
  lastObservedTime?: MicroTime;
}

/** io.k8s.api.core.v1.EventSource */
export interface EventSource {
  component?: string;
  host?: string;
}

/** io.k8s.api.core.v1.ExecAction */
export interface ExecAction {
  command?: string[];
}

/** io.k8s.api.core.v1.FCVolumeSource */
export interface FCVolumeSource {
  targetWWNs?: string[];
  lun?: number;
  fsType?: string;
  readOnly?: boolean;
  wwids?: string[];
}

/** io.k8s.api.core.v1.FileKeySelector */
export interface FileKeySelector {
  volumeName: string;
  path: string;
  key: string;
  optional?: boolean;
}

/** io.k8s.api.core.v1.FlexPersistentVolumeSource */
export interface FlexPersistentVolumeSource {
  driver: string;
  fsType?: string;
  secretRef?: SecretReference;
  readOnly?: boolean;
  options?: Record<string, string>;
}

/** io.k8s.api.core.v1.FlexVolumeSource */
export interface FlexVolumeSource {
  driver: string;
  fsType?: string;
  secretRef?: LocalObjectReference;
  readOnly?: boolean;
  options?: Record<string, string>;
}

/** io.k8s.api.core.v1.FlockerVolumeSource */
export interface FlockerVolumeSource {
  datasetName?: string;
  datasetUUID?: string;
}

/** io.k8s.api.core.v1.GCEPersistentDiskVolumeSource */
export interface GCEPersistentDiskVolumeSource {
  pdName: string;
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.GRPCAction */
export interface GRPCAction {
  port: number;
  service?: string;
}

/** io.k8s.api.core.v1.GitRepoVolumeSource */
export interface GitRepoVolumeSource {
  repository: string;
  revision?: string;
  directory?: string;
}

/** io.k8s.api.core.v1.GlusterfsPersistentVolumeSource */
export interface GlusterfsPersistentVolumeSource {
  endpoints: string;
  path: string;
  readOnly?: boolean;
  endpointsNamespace?: string;
}

/** io.k8s.api.core.v1.GlusterfsVolumeSource */
export interface GlusterfsVolumeSource {
  endpoints: string;
  path: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.HTTPGetAction */
export interface HTTPGetAction {
  path?: string;
  port: IntOrString;
  host?: string;
  scheme?: string;
  httpHeaders?: HTTPHeader[];
}

/** io.k8s.api.core.v1.HTTPHeader */
export interface HTTPHeader {
  name: string;
  value: string;
}

/** io.k8s.api.core.v1.HostAlias */
export interface HostAlias {
  ip: string;
  hostnames?: string[];
}

/** io.k8s.api.core.v1.HostIP */
export interface HostIP {
  ip: string;
}

/** io.k8s.api.core.v1.HostPathVolumeSource */
export interface HostPathVolumeSource {
  path: string;
  type?: string;
}

/** io.k8s.api.core.v1.ISCSIPersistentVolumeSource */
export interface ISCSIPersistentVolumeSource {
  targetPortal: string;
  iqn: string;
  lun: number;
  iscsiInterface?: string;
  fsType?: string;
  readOnly?: boolean;
  portals?: string[];
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  secretRef?: SecretReference;
  initiatorName?: string;
}

/** io.k8s.api.core.v1.ISCSIVolumeSource */
export interface ISCSIVolumeSource {
  targetPortal: string;
  iqn: string;
  lun: number;
  iscsiInterface?: string;
  fsType?: string;
  readOnly?: boolean;
  portals?: string[];
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  secretRef?: LocalObjectReference;
  initiatorName?: string;
}

/** io.k8s.api.core.v1.ImageVolumeSource */
export interface ImageVolumeSource {
  reference?: string;
  pullPolicy?: string;
}

/** io.k8s.api.core.v1.ImageVolumeStatus */
export interface ImageVolumeStatus {
  imageRef: string;
}

/** io.k8s.api.core.v1.KeyToPath */
export interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

/** io.k8s.api.core.v1.Lifecycle */
export interface Lifecycle {
  postStart?: LifecycleHandler;
  preStop?: LifecycleHandler;
  stopSignal?: string;
}

/** io.k8s.api.core.v1.LifecycleHandler */
export interface LifecycleHandler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  sleep?: SleepAction;
}

/** io.k8s.api.core.v1.LimitRange */
export interface LimitRange {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: LimitRangeSpec;
}

/** io.k8s.api.core.v1.LimitRangeItem */
export interface LimitRangeItem {
  type: string;
  max?: Record<string, Quantity>;
  min?: Record<string, Quantity>;
  default?: Record<string, Quantity>;
  defaultRequest?: Record<string, Quantity>;
  maxLimitRequestRatio?: Record<string, Quantity>;
}

/** io.k8s.api.core.v1.LimitRangeList */
export interface LimitRangeList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: LimitRange[];
}

/** io.k8s.api.core.v1.LimitRangeSpec */
export interface LimitRangeSpec {
  limits: LimitRangeItem[];
}

/** io.k8s.api.core.v1.LinuxContainerUser */
export interface LinuxContainerUser {
  uid: number;
  gid: number;
  supplementalGroups?: number[];
}

/** io.k8s.api.core.v1.List */
export interface List {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RawExtension[];
}

/** io.k8s.api.core.v1.LoadBalancerIngress */
export interface LoadBalancerIngress {
  ip?: string;
  hostname?: string;
  ipMode?: string;
  ports?: PortStatus[];
}

/** io.k8s.api.core.v1.LoadBalancerStatus */
export interface LoadBalancerStatus {
  ingress?: LoadBalancerIngress[];
}

/** io.k8s.api.core.v1.LocalObjectReference */
export interface LocalObjectReference {
  name?: string;
}

/** io.k8s.api.core.v1.LocalVolumeSource */
export interface LocalVolumeSource {
  path: string;
  fsType?: string;
}

/** io.k8s.api.core.v1.ModifyVolumeStatus */
export interface ModifyVolumeStatus {
  targetVolumeAttributesClassName?: string;
  status: string;
}

/** io.k8s.api.core.v1.NFSVolumeSource */
export interface NFSVolumeSource {
  server: string;
  path: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.Namespace */
export interface Namespace {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: NamespaceSpec;
  status?: NamespaceStatus;
}

/** io.k8s.api.core.v1.NamespaceCondition */
export interface NamespaceCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.NamespaceList */
export interface NamespaceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Namespace[];
}

/** io.k8s.api.core.v1.NamespaceSpec */
export interface NamespaceSpec {
  finalizers?: string[];
}

/** io.k8s.api.core.v1.NamespaceStatus */
export interface NamespaceStatus {
  phase?: string;
  conditions?: NamespaceCondition[];
}

/** io.k8s.api.core.v1.Node */
export interface Node {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: NodeSpec;
  status?: NodeStatus;
}

/** io.k8s.api.core.v1.NodeAddress */
export interface NodeAddress {
  type: string;
  address: string;
}

/** io.k8s.api.core.v1.NodeAffinity */
export interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
}

/** io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus */
export interface NodeAllocatableResourceClaimStatus {
  resourceClaimName: string;
  containers?: string[];
  resources: Record<string, Quantity>;
}

/** io.k8s.api.core.v1.NodeCondition */
export interface NodeCondition {
  type: string;
  status: string;
  lastHeartbeatTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.NodeConfigSource */
export interface NodeConfigSource {
  configMap?: ConfigMapNodeConfigSource;
}

/** io.k8s.api.core.v1.NodeConfigStatus */
export interface NodeConfigStatus {
  assigned?: NodeConfigSource;
  active?: NodeConfigSource;
  lastKnownGood?: NodeConfigSource;
  error?: string;
}

/** io.k8s.api.core.v1.NodeDaemonEndpoints */
export interface NodeDaemonEndpoints {
  kubeletEndpoint?: DaemonEndpoint;
}

/** io.k8s.api.core.v1.NodeFeatures */
export interface NodeFeatures {
  supplementalGroupsPolicy?: boolean;
}

/** io.k8s.api.core.v1.NodeList */
export interface NodeList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Node[];
}

/** io.k8s.api.core.v1.NodeProxyOptions */
export interface NodeProxyOptions {
  apiVersion?: string;
  kind?: string;
  path?: string;
}

/** io.k8s.api.core.v1.NodeRuntimeHandler */
export interface NodeRuntimeHandler {
  name?: string;
  features?: NodeRuntimeHandlerFeatures;
}

/** io.k8s.api.core.v1.NodeRuntimeHandlerFeatures */
export interface NodeRuntimeHandlerFeatures {
  recursiveReadOnlyMounts?: boolean;
  userNamespaces?: boolean;
}

/** io.k8s.api.core.v1.NodeSelector */
export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}

/** io.k8s.api.core.v1.NodeSelectorRequirement */
export interface NodeSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

/** io.k8s.api.core.v1.NodeSelectorTerm */
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}

/** io.k8s.api.core.v1.NodeSpec */
export interface NodeSpec {
  podCIDR?: string;
  podCIDRs?: string[];
  providerID?: string;
  unschedulable?: boolean;
  taints?: Taint[];
  configSource?: NodeConfigSource;
  externalID?: string;
}

/** io.k8s.api.core.v1.NodeStatus */
export interface NodeStatus {
  capacity?: Record<string, Quantity>;
  allocatable?: Record<string, Quantity>;
  phase?: string;
  conditions?: NodeCondition[];
  addresses?: NodeAddress[];
  daemonEndpoints?: NodeDaemonEndpoints;
  nodeInfo?: NodeSystemInfo;
  images?: ContainerImage[];
  volumesInUse?: string[];
  volumesAttached?: AttachedVolume[];
  config?: NodeConfigStatus;
  runtimeHandlers?: NodeRuntimeHandler[];
  features?: NodeFeatures;
  declaredFeatures?: string[];
}

/** io.k8s.api.core.v1.NodeSwapStatus */
export interface NodeSwapStatus {
  capacity?: number;
}

/** io.k8s.api.core.v1.NodeSystemInfo */
export interface NodeSystemInfo {
  machineID: string;
  systemUUID: string;
  bootID: string;
  kernelVersion: string;
  osImage: string;
  containerRuntimeVersion: string;
  kubeletVersion: string;
  kubeProxyVersion: string;
  operatingSystem: string;
  architecture: string;
  swap?: NodeSwapStatus;
}

/** io.k8s.api.core.v1.ObjectFieldSelector */
export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}

/** io.k8s.api.core.v1.ObjectReference */
export interface ObjectReference {
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiVersion?: string;
  resourceVersion?: string;
  fieldPath?: string;
}

/** io.k8s.api.core.v1.PersistentVolume */
export interface PersistentVolume {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: PersistentVolumeSpec;
  status?: PersistentVolumeStatus;
}

/** io.k8s.api.core.v1.PersistentVolumeClaim */
export interface PersistentVolumeClaim {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: PersistentVolumeClaimSpec;
  status?: PersistentVolumeClaimStatus;
}

/** io.k8s.api.core.v1.PersistentVolumeClaimCondition */
export interface PersistentVolumeClaimCondition {
  type: string;
  status: string;
  lastProbeTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.PersistentVolumeClaimList */
export interface PersistentVolumeClaimList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PersistentVolumeClaim[];
}

/** io.k8s.api.core.v1.PersistentVolumeClaimSpec */
export interface PersistentVolumeClaimSpec {
  accessModes?: string[];
  selector?: LabelSelector;
  resources?: VolumeResourceRequirements;
  volumeName?: string;
  storageClassName?: string;
  volumeMode?: string;
  dataSource?: TypedLocalObjectReference;
  dataSourceRef?: TypedObjectReference;
  volumeAttributesClassName?: string;
}

/** io.k8s.api.core.v1.PersistentVolumeClaimStatus */
export interface PersistentVolumeClaimStatus {
  phase?: string;
  accessModes?: string[];
  capacity?: Record<string, Quantity>;
  conditions?: PersistentVolumeClaimCondition[];
  allocatedResources?: Record<string, Quantity>;
  allocatedResourceStatuses?: Record<string, string>;
  currentVolumeAttributesClassName?: string;
  modifyVolumeStatus?: ModifyVolumeStatus;
}

/** io.k8s.api.core.v1.PersistentVolumeClaimTemplate */
export interface PersistentVolumeClaimTemplate {
  metadata?: ObjectMeta;
  spec: PersistentVolumeClaimSpec;
}

/** io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource */
export interface PersistentVolumeClaimVolumeSource {
  claimName: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.PersistentVolumeList */
export interface PersistentVolumeList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PersistentVolume[];
}

/** io.k8s.api.core.v1.PersistentVolumeSource */
export interface PersistentVolumeSource {
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  hostPath?: HostPathVolumeSource;
  glusterfs?: GlusterfsPersistentVolumeSource;
  nfs?: NFSVolumeSource;
  rbd?: RBDPersistentVolumeSource;
  iscsi?: ISCSIPersistentVolumeSource;
  cinder?: CinderPersistentVolumeSource;
  cephfs?: CephFSPersistentVolumeSource;
  fc?: FCVolumeSource;
  flocker?: FlockerVolumeSource;
  flexVolume?: FlexPersistentVolumeSource;
  azureFile?: AzureFilePersistentVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
  quobyte?: QuobyteVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  scaleIO?: ScaleIOPersistentVolumeSource;
  local?: LocalVolumeSource;
  storageos?: StorageOSPersistentVolumeSource;
  csi?: CSIPersistentVolumeSource;
}

/** io.k8s.api.core.v1.PersistentVolumeSpec */
export interface PersistentVolumeSpec {
  capacity?: Record<string, Quantity>;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  hostPath?: HostPathVolumeSource;
  glusterfs?: GlusterfsPersistentVolumeSource;
  nfs?: NFSVolumeSource;
  rbd?: RBDPersistentVolumeSource;
  iscsi?: ISCSIPersistentVolumeSource;
  cinder?: CinderPersistentVolumeSource;
  cephfs?: CephFSPersistentVolumeSource;
  fc?: FCVolumeSource;
  flocker?: FlockerVolumeSource;
  flexVolume?: FlexPersistentVolumeSource;
  azureFile?: AzureFilePersistentVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
  quobyte?: QuobyteVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  scaleIO?: ScaleIOPersistentVolumeSource;
  local?: LocalVolumeSource;
  storageos?: StorageOSPersistentVolumeSource;
  csi?: CSIPersistentVolumeSource;
  accessModes?: string[];
  claimRef?: ObjectReference;
  persistentVolumeReclaimPolicy?: string;
  storageClassName?: string;
  mountOptions?: string[];
  volumeMode?: string;
  nodeAffinity?: VolumeNodeAffinity;
  volumeAttributesClassName?: string;
}

/** io.k8s.api.core.v1.PersistentVolumeStatus */
export interface PersistentVolumeStatus {
  phase?: string;
  message?: string;
  reason?: string;
  lastPhaseTransitionTime?: Time;
}

/** io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource */
export interface PhotonPersistentDiskVolumeSource {
  pdID: string;
  fsType?: string;
}

/** io.k8s.api.core.v1.Pod */
export interface Pod {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: PodSpec;
  status?: PodStatus;
}

/** io.k8s.api.core.v1.PodAffinity */
export interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
}

/** io.k8s.api.core.v1.PodAffinityTerm */
export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey: string;
  namespaceSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

/** io.k8s.api.core.v1.PodAntiAffinity */
export interface PodAntiAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
}

/** io.k8s.api.core.v1.PodAttachOptions */
export interface PodAttachOptions {
  apiVersion?: string;
  kind?: string;
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  tty?: boolean;
  container?: string;
}

/** io.k8s.api.core.v1.PodCertificateProjection */
export interface PodCertificateProjection {
  signerName: string;
  keyType: string;
  maxExpirationSeconds?: number;
  credentialBundlePath?: string;
  keyPath?: string;
  certificateChainPath?: string;
  userAnnotations?: Record<string, string>;
}

/** io.k8s.api.core.v1.PodCondition */
export interface PodCondition {
  type: string;
  observedGeneration?: number;
  status: string;
  lastProbeTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.PodDNSConfig */
export interface PodDNSConfig {
  nameservers?: string[];
  searches?: string[];
  options?: PodDNSConfigOption[];
}

/** io.k8s.api.core.v1.PodDNSConfigOption */
export interface PodDNSConfigOption {
  name?: string;
  value?: string;
}

/** io.k8s.api.core.v1.PodExecOptions */
export interface PodExecOptions {
  apiVersion?: string;
  kind?: string;
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  tty?: boolean;
  container?: string;
  command: string[];
}

/** io.k8s.api.core.v1.PodExtendedResourceClaimStatus */
export interface PodExtendedResourceClaimStatus {
  requestMappings: ContainerExtendedResourceRequest[];
  resourceClaimName: string;
}

/** io.k8s.api.core.v1.PodIP */
export interface PodIP {
  ip: string;
}

/** io.k8s.api.core.v1.PodList */
export interface PodList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Pod[];
}

/** io.k8s.api.core.v1.PodLogOptions */
export interface PodLogOptions {
  apiVersion?: string;
  kind?: string;
  container?: string;
  follow?: boolean;
  previous?: boolean;
  sinceSeconds?: number;
  sinceTime?: Time;
  timestamps?: boolean;
  tailLines?: number;
  limitBytes?: number;
  insecureSkipTLSVerifyBackend?: boolean;
  stream?: string;
}

/** io.k8s.api.core.v1.PodOS */
export interface PodOS {
  name: string;
}

/** io.k8s.api.core.v1.PodPortForwardOptions */
export interface PodPortForwardOptions {
  apiVersion?: string;
  kind?: string;
  ports?: number[];
}

/** io.k8s.api.core.v1.PodProxyOptions */
export interface PodProxyOptions {
  apiVersion?: string;
  kind?: string;
  path?: string;
}

/** io.k8s.api.core.v1.PodReadinessGate */
export interface PodReadinessGate {
  conditionType: string;
}

/** io.k8s.api.core.v1.PodResourceClaim */
export interface PodResourceClaim {
  name: string;
  resourceClaimName?: string;
  resourceClaimTemplateName?: string;
}

/** io.k8s.api.core.v1.PodResourceClaimStatus */
export interface PodResourceClaimStatus {
  name: string;
  resourceClaimName?: string;
}

/** io.k8s.api.core.v1.PodSchedulingGate */
export interface PodSchedulingGate {
  name: string;
}

/** io.k8s.api.core.v1.PodSchedulingGroup */
export interface PodSchedulingGroup {
  podGroupName?: string;
}

/** io.k8s.api.core.v1.PodSecurityContext */
export interface PodSecurityContext {
  seLinuxOptions?: SELinuxOptions;
  windowsOptions?: WindowsSecurityContextOptions;
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: string;
  fsGroup?: number;
  sysctls?: Sysctl[];
  fsGroupChangePolicy?: string;
  seccompProfile?: SeccompProfile;
  appArmorProfile?: AppArmorProfile;
  seLinuxChangePolicy?: string;
}

/** io.k8s.api.core.v1.PodSignature */
export interface PodSignature {
  podController?: OwnerReference;
}

/** io.k8s.api.core.v1.PodSpec */
export interface PodSpec {
  volumes?: Volume[];
  initContainers?: Container[];
  containers: Container[];
  ephemeralContainers?: EphemeralContainer[];
  restartPolicy?: string;
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
  dnsPolicy?: string;
  nodeSelector?: Record<string, string>;
  serviceAccountName?: string;
  serviceAccount?: string;
  automountServiceAccountToken?: boolean;
  nodeName?: string;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  shareProcessNamespace?: boolean;
  securityContext?: PodSecurityContext;
  imagePullSecrets?: LocalObjectReference[];
  hostname?: string;
  subdomain?: string;
  affinity?: Affinity;
  schedulerName?: string;
  tolerations?: Toleration[];
  hostAliases?: HostAlias[];
  priorityClassName?: string;
  priority?: number;
  dnsConfig?: PodDNSConfig;
  readinessGates?: PodReadinessGate[];
  runtimeClassName?: string;
  enableServiceLinks?: boolean;
  preemptionPolicy?: string;
  overhead?: Record<string, Quantity>;
  topologySpreadConstraints?: TopologySpreadConstraint[];
  setHostnameAsFQDN?: boolean;
  os?: PodOS;
  hostUsers?: boolean;
  schedulingGates?: PodSchedulingGate[];
  resourceClaims?: PodResourceClaim[];
  resources?: ResourceRequirements;
  hostnameOverride?: string;
  schedulingGroup?: PodSchedulingGroup;
}

/** io.k8s.api.core.v1.PodStatus */
export interface PodStatus {
  observedGeneration?: number;
  phase?: string;
  conditions?: PodCondition[];
  message?: string;
  reason?: string;
  nominatedNodeName?: string;
  hostIP?: string;
  hostIPs?: HostIP[];
  podIP?: string;
  podIPs?: PodIP[];
  startTime?: Time;
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
  qosClass?: string;
  ephemeralContainerStatuses?: ContainerStatus[];
  resize?: string;
  resourceClaimStatuses?: PodResourceClaimStatus[];
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus;
  allocatedResources?: Record<string, Quantity>;
  resources?: ResourceRequirements;
  nodeAllocatableResourceClaimStatuses?: NodeAllocatableResourceClaimStatus[];
}

/** io.k8s.api.core.v1.PodStatusResult */
export interface PodStatusResult {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  status?: PodStatus;
}

/** io.k8s.api.core.v1.PodTemplate */
export interface PodTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  template?: PodTemplateSpec;
}

/** io.k8s.api.core.v1.PodTemplateList */
export interface PodTemplateList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PodTemplate[];
}

/** io.k8s.api.core.v1.PodTemplateSpec */
export interface PodTemplateSpec {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

/** io.k8s.api.core.v1.PortStatus */
export interface PortStatus {
  port: number;
  protocol: string;
  error?: string;
}

/** io.k8s.api.core.v1.PortworxVolumeSource */
export interface PortworxVolumeSource {
  volumeID: string;
  fsType?: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.Preconditions */
export interface CoreV1Preconditions {
  uid?: string;
}

/** io.k8s.api.core.v1.PreferAvoidPodsEntry */
export interface PreferAvoidPodsEntry {
  podSignature: PodSignature;
  evictionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.PreferredSchedulingTerm */
export interface PreferredSchedulingTerm {
  weight: number;
  preference: NodeSelectorTerm;
}

/** io.k8s.api.core.v1.Probe */
export interface Probe {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  grpc?: GRPCAction;
  initialDelaySeconds?: number;
  timeoutSeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  terminationGracePeriodSeconds?: number;
}

/** io.k8s.api.core.v1.ProbeHandler */
export interface ProbeHandler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  grpc?: GRPCAction;
}

/** io.k8s.api.core.v1.ProjectedVolumeSource */
export interface ProjectedVolumeSource {
  sources?: VolumeProjection[];
  defaultMode?: number;
}

/** io.k8s.api.core.v1.QuobyteVolumeSource */
export interface QuobyteVolumeSource {
  registry: string;
  volume: string;
  readOnly?: boolean;
  user?: string;
  group?: string;
  tenant?: string;
}

/** io.k8s.api.core.v1.RBDPersistentVolumeSource */
export interface RBDPersistentVolumeSource {
  monitors: string[];
  image: string;
  fsType?: string;
  pool?: string;
  user?: string;
  keyring?: string;
  secretRef?: SecretReference;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.RBDVolumeSource */
export interface RBDVolumeSource {
  monitors: string[];
  image: string;
  fsType?: string;
  pool?: string;
  user?: string;
  keyring?: string;
  secretRef?: LocalObjectReference;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.RangeAllocation */
export interface RangeAllocation {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  range: string;
  data: string;
}

/** io.k8s.api.core.v1.ReplicationController */
export interface ReplicationController {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ReplicationControllerSpec;
  status?: ReplicationControllerStatus;
}

/** io.k8s.api.core.v1.ReplicationControllerCondition */
export interface ReplicationControllerCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.core.v1.ReplicationControllerList */
export interface ReplicationControllerList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ReplicationController[];
}

/** io.k8s.api.core.v1.ReplicationControllerSpec */
export interface ReplicationControllerSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector?: Record<string, string>;
  template?: PodTemplateSpec;
}

/** io.k8s.api.core.v1.ReplicationControllerStatus */
export interface ReplicationControllerStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  observedGeneration?: number;
  conditions?: ReplicationControllerCondition[];
}

/** io.k8s.api.core.v1.ResourceClaim */
export interface CoreV1ResourceClaim {
  name: string;
  request?: string;
}

/** io.k8s.api.core.v1.ResourceFieldSelector */
export interface ResourceFieldSelector {
  containerName?: string;
  resource: string;
  divisor?: Quantity;
}

/** io.k8s.api.core.v1.ResourceHealth */
export interface ResourceHealth {
  resourceID: string;
  health?: string;
  message?: string;
}

/** io.k8s.api.core.v1.ResourceQuota */
export interface ResourceQuota {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ResourceQuotaSpec;
  status?: ResourceQuotaStatus;
}

/** io.k8s.api.core.v1.ResourceQuotaList */
export interface ResourceQuotaList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceQuota[];
}

/** io.k8s.api.core.v1.ResourceQuotaSpec */
export interface ResourceQuotaSpec {
  hard?: Record<string, Quantity>;
  scopes?: string[];
  scopeSelector?: ScopeSelector;
}

/** io.k8s.api.core.v1.ResourceQuotaStatus */
export interface ResourceQuotaStatus {
  hard?: Record<string, Quantity>;
  used?: Record<string, Quantity>;
}

/** io.k8s.api.core.v1.ResourceRequirements */
export interface ResourceRequirements {
  limits?: Record<string, Quantity>;
  requests?: Record<string, Quantity>;
  claims?: CoreV1ResourceClaim[];
}

/** io.k8s.api.core.v1.ResourceStatus */
export interface ResourceStatus {
  name: string;
  resources?: ResourceHealth[];
}

/** io.k8s.api.core.v1.SELinuxOptions */
export interface SELinuxOptions {
  user?: string;
  role?: string;
  type?: string;
  level?: string;
}

/** io.k8s.api.core.v1.ScaleIOPersistentVolumeSource */
export interface ScaleIOPersistentVolumeSource {
  gateway: string;
  system: string;
  secretRef: SecretReference;
  sslEnabled?: boolean;
  protectionDomain?: string;
  storagePool?: string;
  storageMode?: string;
  volumeName?: string;
  fsType?: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.ScaleIOVolumeSource */
export interface ScaleIOVolumeSource {
  gateway: string;
  system: string;
  secretRef: LocalObjectReference;
  sslEnabled?: boolean;
  protectionDomain?: string;
  storagePool?: string;
  storageMode?: string;
  volumeName?: string;
  fsType?: string;
  readOnly?: boolean;
}

/** io.k8s.api.core.v1.ScopeSelector */
export interface ScopeSelector {
  matchExpressions?: ScopedResourceSelectorRequirement[];
}

/** io.k8s.api.core.v1.ScopedResourceSelectorRequirement */
export interface ScopedResourceSelectorRequirement {
  scopeName: string;
  operator: string;
  values?: string[];
}

/** io.k8s.api.core.v1.SeccompProfile */
export interface SeccompProfile {
  type: string;
  localhostProfile?: string;
}

/** io.k8s.api.core.v1.Secret */
export interface Secret {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  immutable?: boolean;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  type?: string;
}

/** io.k8s.api.core.v1.SecretEnvSource */
export interface SecretEnvSource {
  name?: string;
  optional?: boolean;
}

/** io.k8s.api.core.v1.SecretKeySelector */
export interface SecretKeySelector {
  name?: string;
  key: string;
  optional?: boolean;
}

/** io.k8s.api.core.v1.SecretList */
export interface SecretList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Secret[];
}

/** io.k8s.api.core.v1.SecretProjection */
export interface SecretProjection {
  name?: string;
  items?: KeyToPath[];
  optional?: boolean;
}

/** io.k8s.api.core.v1.SecretReference */
export interface SecretReference {
  name?: string;
  namespace?: string;
}

/** io.k8s.api.core.v1.SecretVolumeSource */
export interface SecretVolumeSource {
  secretName?: string;
  items?: KeyToPath[];
  defaultMode?: number;
  optional?: boolean;
}

/** io.k8s.api.core.v1.SecurityContext */
export interface SecurityContext {
  capabilities?: Capabilities;
  privileged?: boolean;
  seLinuxOptions?: SELinuxOptions;
  windowsOptions?: WindowsSecurityContextOptions;
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  readOnlyRootFilesystem?: boolean;
  allowPrivilegeEscalation?: boolean;
  procMount?: string;
  seccompProfile?: SeccompProfile;
  appArmorProfile?: AppArmorProfile;
}

/** io.k8s.api.core.v1.SerializedReference */
export interface SerializedReference {
  apiVersion?: string;
  kind?: string;
  reference?: ObjectReference;
}

/** io.k8s.api.core.v1.Service */
export interface Service {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ServiceSpec;
  status?: ServiceStatus;
}

/** io.k8s.api.core.v1.ServiceAccount */
export interface ServiceAccount {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  secrets?: ObjectReference[];
  imagePullSecrets?: LocalObjectReference[];
  automountServiceAccountToken?: boolean;
}

/** io.k8s.api.core.v1.ServiceAccountList */
export interface ServiceAccountList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ServiceAccount[];
}

/** io.k8s.api.core.v1.ServiceAccountTokenProjection */
export interface ServiceAccountTokenProjection {
  audience?: string;
  expirationSeconds?: number;
  path: string;
}

/** io.k8s.api.core.v1.ServiceList */
export interface ServiceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Service[];
}

/** io.k8s.api.core.v1.ServicePort */
export interface ServicePort {
  name?: string;
  protocol?: string;
  appProtocol?: string;
  port: number;
  targetPort?: IntOrString;
  nodePort?: number;
}

/** io.k8s.api.core.v1.ServiceProxyOptions */
export interface ServiceProxyOptions {
  apiVersion?: string;
  kind?: string;
  path?: string;
}

/** io.k8s.api.core.v1.ServiceSpec */
export interface ServiceSpec {
  ports?: ServicePort[];
  selector?: Record<string, string>;
  clusterIP?: string;
  clusterIPs?: string[];
  type?: string;
  externalIPs?: string[];
  sessionAffinity?: string;
  loadBalancerIP?: string;
  loadBalancerSourceRanges?: string[];
  externalName?: string;
  externalTrafficPolicy?: string;
  healthCheckNodePort?: number;
  publishNotReadyAddresses?: boolean;
  sessionAffinityConfig?: SessionAffinityConfig;
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  allocateLoadBalancerNodePorts?: boolean;
  loadBalancerClass?: string;
  internalTrafficPolicy?: string;
  trafficDistribution?: string;
}

/** io.k8s.api.core.v1.ServiceStatus */
export interface ServiceStatus {
  loadBalancer?: LoadBalancerStatus;
  conditions?: Condition[];
}

/** io.k8s.api.core.v1.SessionAffinityConfig */
export interface SessionAffinityConfig {
  clientIP?: ClientIPConfig;
}

/** io.k8s.api.core.v1.SleepAction */
export interface SleepAction {
  seconds: number;
}

/** io.k8s.api.core.v1.StorageOSPersistentVolumeSource */
export interface StorageOSPersistentVolumeSource {
  volumeName?: string;
  volumeNamespace?: string;
  fsType?: string;
  readOnly?: boolean;
  secretRef?: ObjectReference;
}

/** io.k8s.api.core.v1.StorageOSVolumeSource */
export interface StorageOSVolumeSource {
  volumeName?: string;
  volumeNamespace?: string;
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}

/** io.k8s.api.core.v1.Sysctl */
export interface Sysctl {
  name: string;
  value: string;
}

/** io.k8s.api.core.v1.TCPSocketAction */
export interface TCPSocketAction {
  port: IntOrString;
  host?: string;
}

/** io.k8s.api.core.v1.Taint */
export interface Taint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: Time;
}

/** io.k8s.api.core.v1.Toleration */
export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** io.k8s.api.core.v1.TopologySelectorLabelRequirement */
export interface TopologySelectorLabelRequirement {
  key: string;
  values: string[];
}

/** io.k8s.api.core.v1.TopologySelectorTerm */
export interface TopologySelectorTerm {
  matchLabelExpressions?: TopologySelectorLabelRequirement[];
}

/** io.k8s.api.core.v1.TopologySpreadConstraint */
export interface TopologySpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable: string;
  labelSelector?: LabelSelector;
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
  matchLabelKeys?: string[];
}

/** io.k8s.api.core.v1.TypedLocalObjectReference */
export interface TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** io.k8s.api.core.v1.TypedObjectReference */
export interface TypedObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** io.k8s.api.core.v1.Volume */
export interface Volume {
  name: string;
  hostPath?: HostPathVolumeSource;
  emptyDir?: EmptyDirVolumeSource;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  gitRepo?: GitRepoVolumeSource;
  secret?: SecretVolumeSource;
  nfs?: NFSVolumeSource;
  iscsi?: ISCSIVolumeSource;
  glusterfs?: GlusterfsVolumeSource;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  rbd?: RBDVolumeSource;
  flexVolume?: FlexVolumeSource;
  cinder?: CinderVolumeSource;
  cephfs?: CephFSVolumeSource;
  flocker?: FlockerVolumeSource;
  downwardAPI?: DownwardAPIVolumeSource;
  fc?: FCVolumeSource;
  azureFile?: AzureFileVolumeSource;
  configMap?: ConfigMapVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
  quobyte?: QuobyteVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  projected?: ProjectedVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  scaleIO?: ScaleIOVolumeSource;
  storageos?: StorageOSVolumeSource;
  csi?: CSIVolumeSource;
  ephemeral?: EphemeralVolumeSource;
  image?: ImageVolumeSource;
}

/** io.k8s.api.core.v1.VolumeDevice */
export interface VolumeDevice {
  name: string;
  devicePath: string;
}

/** io.k8s.api.core.v1.VolumeMount */
export interface VolumeMount {
  name: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  mountPath: string;
  subPath?: string;
  mountPropagation?: string;
  subPathExpr?: string;
}

/** io.k8s.api.core.v1.VolumeMountStatus */
export interface VolumeMountStatus {
  name: string;
  mountPath: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  volumeStatus?: VolumeStatus;
}

/** io.k8s.api.core.v1.VolumeNodeAffinity */
export interface VolumeNodeAffinity {
  required?: NodeSelector;
}

/** io.k8s.api.core.v1.VolumeProjection */
export interface VolumeProjection {
  secret?: SecretProjection;
  downwardAPI?: DownwardAPIProjection;
  configMap?: ConfigMapProjection;
  serviceAccountToken?: ServiceAccountTokenProjection;
  clusterTrustBundle?: ClusterTrustBundleProjection;
  podCertificate?: PodCertificateProjection;
}

/** io.k8s.api.core.v1.VolumeResourceRequirements */
export interface VolumeResourceRequirements {
  limits?: Record<string, Quantity>;
  requests?: Record<string, Quantity>;
}

/** io.k8s.api.core.v1.VolumeSource */
export interface VolumeSource {
  hostPath?: HostPathVolumeSource;
  emptyDir?: EmptyDirVolumeSource;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  gitRepo?: GitRepoVolumeSource;
  secret?: SecretVolumeSource;
  nfs?: NFSVolumeSource;
  iscsi?: ISCSIVolumeSource;
  glusterfs?: GlusterfsVolumeSource;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  rbd?: RBDVolumeSource;
  flexVolume?: FlexVolumeSource;
  cinder?: CinderVolumeSource;
  cephfs?: CephFSVolumeSource;
  flocker?: FlockerVolumeSource;
  downwardAPI?: DownwardAPIVolumeSource;
  fc?: FCVolumeSource;
  azureFile?: AzureFileVolumeSource;
  configMap?: ConfigMapVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
  quobyte?: QuobyteVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  projected?: ProjectedVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  scaleIO?: ScaleIOVolumeSource;
  storageos?: StorageOSVolumeSource;
  csi?: CSIVolumeSource;
  ephemeral?: EphemeralVolumeSource;
  image?: ImageVolumeSource;
}

/** io.k8s.api.core.v1.VolumeStatus */
export interface VolumeStatus {
  image?: ImageVolumeStatus;
}

/** io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource */
export interface VsphereVirtualDiskVolumeSource {
  volumePath: string;
  fsType?: string;
  storagePolicyName?: string;
  storagePolicyID?: string;
}

/** io.k8s.api.core.v1.WeightedPodAffinityTerm */
export interface WeightedPodAffinityTerm {
  weight: number;
  podAffinityTerm: PodAffinityTerm;
}

/** io.k8s.api.core.v1.WindowsSecurityContextOptions */
export interface WindowsSecurityContextOptions {
  gmsaCredentialSpecName?: string;
  gmsaCredentialSpec?: string;
  runAsUserName?: string;
  hostProcess?: boolean;
}

/** io.k8s.api.discovery.v1.Endpoint */
export interface Endpoint {
  addresses: string[];
  conditions?: EndpointConditions;
  hostname?: string;
  targetRef?: ObjectReference;
  deprecatedTopology?: Record<string, string>;
  nodeName?: string;
  zone?: string;
  hints?: EndpointHints;
}

/** io.k8s.api.discovery.v1.EndpointConditions */
export interface EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

/** io.k8s.api.discovery.v1.EndpointHints */
export interface EndpointHints {
  forZones?: ForZone[];
  forNodes?: ForNode[];
}

/** io.k8s.api.discovery.v1.EndpointPort */
export interface DiscoveryV1EndpointPort {
  name?: string;
  protocol?: string;
  port?: number;
  appProtocol?: string;
}

/** io.k8s.api.discovery.v1.EndpointSlice */
export interface EndpointSlice {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  addressType: string;
  endpoints?: Endpoint[];
  ports?: DiscoveryV1EndpointPort[];
}

/** io.k8s.api.discovery.v1.EndpointSliceList */
export interface EndpointSliceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: EndpointSlice[];
}

/** io.k8s.api.discovery.v1.ForNode */
export interface ForNode {
  name: string;
}

/** io.k8s.api.discovery.v1.ForZone */
export interface ForZone {
  name: string;
}

/** io.k8s.api.discovery.v1beta1.Endpoint */
export interface DiscoveryV1beta1Endpoint {
  addresses: string[];
  conditions?: DiscoveryV1beta1EndpointConditions;
  hostname?: string;
  targetRef?: ObjectReference;
  topology?: Record<string, string>;
  nodeName?: string;
  hints?: DiscoveryV1beta1EndpointHints;
}

/** io.k8s.api.discovery.v1beta1.EndpointConditions */
export interface DiscoveryV1beta1EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

/** io.k8s.api.discovery.v1beta1.EndpointHints */
export interface DiscoveryV1beta1EndpointHints {
  forZones?: DiscoveryV1beta1ForZone[];
  forNodes?: DiscoveryV1beta1ForNode[];
}

/** io.k8s.api.discovery.v1beta1.EndpointPort */
export interface DiscoveryV1beta1EndpointPort {
  name?: string;
  protocol?: string;
  port?: number;
  appProtocol?: string;
}

/** io.k8s.api.discovery.v1beta1.EndpointSlice */
export interface DiscoveryV1beta1EndpointSlice {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  addressType: string;
  endpoints: DiscoveryV1beta1Endpoint[];
  ports?: DiscoveryV1beta1EndpointPort[];
}

/** io.k8s.api.discovery.v1beta1.EndpointSliceList */
export interface DiscoveryV1beta1EndpointSliceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: DiscoveryV1beta1EndpointSlice[];
}

/** io.k8s.api.discovery.v1beta1.ForNode */
export interface DiscoveryV1beta1ForNode {
  name: string;
}

/** io.k8s.api.discovery.v1beta1.ForZone */
export interface DiscoveryV1beta1ForZone {
  name: string;
}

/** io.k8s.api.events.v1.Event */
export interface EventsV1Event {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  eventTime: MicroTime;
  series?: EventsV1EventSeries;
  reportingController?: string;
  reportingInstance?: string;
  action?: string;
  reason?: string;
  regarding?: ObjectReference;
  related?: ObjectReference;
  note?: string;
  type?: string;
  deprecatedSource?: EventSource;
  deprecatedFirstTimestamp?: Time;
  deprecatedLastTimestamp?: Time;
  deprecatedCount?: number;
}

/** io.k8s.api.events.v1.EventList */
export interface EventsV1EventList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: EventsV1Event[];
}

/** io.k8s.api.events.v1.EventSeries */
export interface EventsV1EventSeries {
  count: number;
  lastObservedTime: MicroTime;
}

/** io.k8s.api.events.v1beta1.Event */
export interface EventsV1beta1Event {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  eventTime: MicroTime;
  series?: EventsV1beta1EventSeries;
  reportingController?: string;
  reportingInstance?: string;
  action?: string;
  reason?: string;
  regarding?: ObjectReference;
  related?: ObjectReference;
  note?: string;
  type?: string;
  deprecatedSource?: EventSource;
  deprecatedFirstTimestamp?: Time;
  deprecatedLastTimestamp?: Time;
  deprecatedCount?: number;
}

/** io.k8s.api.events.v1beta1.EventList */
export interface EventsV1beta1EventList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: EventsV1beta1Event[];
}

/** io.k8s.api.events.v1beta1.EventSeries */
export interface EventsV1beta1EventSeries {
  count: number;
  lastObservedTime: MicroTime;
}

/** io.k8s.api.extensions.v1beta1.DaemonSet */
export interface ExtensionsV1beta1DaemonSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ExtensionsV1beta1DaemonSetSpec;
  status?: ExtensionsV1beta1DaemonSetStatus;
}

/** io.k8s.api.extensions.v1beta1.DaemonSetCondition */
export interface ExtensionsV1beta1DaemonSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.extensions.v1beta1.DaemonSetList */
export interface ExtensionsV1beta1DaemonSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ExtensionsV1beta1DaemonSet[];
}

/** io.k8s.api.extensions.v1beta1.DaemonSetSpec */
export interface ExtensionsV1beta1DaemonSetSpec {
  selector?: LabelSelector;
  template: PodTemplateSpec;
  updateStrategy?: ExtensionsV1beta1DaemonSetUpdateStrategy;
  minReadySeconds?: number;
  templateGeneration?: number;
  revisionHistoryLimit?: number;
}

/** io.k8s.api.extensions.v1beta1.DaemonSetStatus */
export interface ExtensionsV1beta1DaemonSetStatus {
  currentNumberScheduled: number;
  numberMisscheduled: number;
  desiredNumberScheduled: number;
  numberReady: number;
  observedGeneration?: number;
  updatedNumberScheduled?: number;
  numberAvailable?: number;
  numberUnavailable?: number;
  collisionCount?: number;
  conditions?: ExtensionsV1beta1DaemonSetCondition[];
}

/** io.k8s.api.extensions.v1beta1.DaemonSetUpdateStrategy */
export interface ExtensionsV1beta1DaemonSetUpdateStrategy {
  type?: string;
  rollingUpdate?: ExtensionsV1beta1RollingUpdateDaemonSet;
}

/** io.k8s.api.extensions.v1beta1.Deployment */
export interface ExtensionsV1beta1Deployment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ExtensionsV1beta1DeploymentSpec;
  status?: ExtensionsV1beta1DeploymentStatus;
}

/** io.k8s.api.extensions.v1beta1.DeploymentCondition */
export interface ExtensionsV1beta1DeploymentCondition {
  type: string;
  status: string;
  lastUpdateTime?: Time;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.extensions.v1beta1.DeploymentList */
export interface ExtensionsV1beta1DeploymentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ExtensionsV1beta1Deployment[];
}

/** io.k8s.api.extensions.v1beta1.DeploymentRollback */
export interface ExtensionsV1beta1DeploymentRollback {
  apiVersion?: string;
  kind?: string;
  name: string;
  updatedAnnotations?: Record<string, string>;
  rollbackTo: ExtensionsV1beta1RollbackConfig;
}

/** io.k8s.api.extensions.v1beta1.DeploymentSpec */
export interface ExtensionsV1beta1DeploymentSpec {
  replicas?: number;
  selector?: LabelSelector;
  template: PodTemplateSpec;
  strategy?: ExtensionsV1beta1DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  paused?: boolean;
  rollbackTo?: ExtensionsV1beta1RollbackConfig;
  progressDeadlineSeconds?: number;
}

/** io.k8s.api.extensions.v1beta1.DeploymentStatus */
export interface ExtensionsV1beta1DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  terminatingReplicas?: number;
  conditions?: ExtensionsV1beta1DeploymentCondition[];
  collisionCount?: number;
}

/** io.k8s.api.extensions.v1beta1.DeploymentStrategy */
export interface ExtensionsV1beta1DeploymentStrategy {
  type?: string;
  rollingUpdate?: ExtensionsV1beta1RollingUpdateDeployment;
}

/** io.k8s.api.extensions.v1beta1.HTTPIngressPath */
export interface ExtensionsV1beta1HTTPIngressPath {
  path?: string;
  pathType?: string;
  backend: ExtensionsV1beta1IngressBackend;
}

/** io.k8s.api.extensions.v1beta1.HTTPIngressRuleValue */
export interface ExtensionsV1beta1HTTPIngressRuleValue {
  paths: ExtensionsV1beta1HTTPIngressPath[];
}

/** io.k8s.api.extensions.v1beta1.IPBlock */
export interface ExtensionsV1beta1IPBlock {
  cidr: string;
  except?: string[];
}

/** io.k8s.api.extensions.v1beta1.Ingress */
export interface ExtensionsV1beta1Ingress {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ExtensionsV1beta1IngressSpec;
  status?: ExtensionsV1beta1IngressStatus;
}

/** io.k8s.api.extensions.v1beta1.IngressBackend */
export interface ExtensionsV1beta1IngressBackend {
  serviceName?: string;
  servicePort?: IntOrString;
  resource?: TypedLocalObjectReference;
}

/** io.k8s.api.extensions.v1beta1.IngressList */
export interface ExtensionsV1beta1IngressList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ExtensionsV1beta1Ingress[];
}

/** io.k8s.api.extensions.v1beta1.IngressLoadBalancerIngress */
export interface ExtensionsV1beta1IngressLoadBalancerIngress {
  ip?: string;
  hostname?: string;
  ports?: ExtensionsV1beta1IngressPortStatus[];
}

/** io.k8s.api.extensions.v1beta1.IngressLoadBalancerStatus */
export interface ExtensionsV1beta1IngressLoadBalancerStatus {
  ingress?: ExtensionsV1beta1IngressLoadBalancerIngress[];
}

/** io.k8s.api.extensions.v1beta1.IngressPortStatus */
export interface ExtensionsV1beta1IngressPortStatus {
  port: number;
  protocol: string;
  error?: string;
}

/** io.k8s.api.extensions.v1beta1.IngressRule */
export interface ExtensionsV1beta1IngressRule {
  host?: string;
  http?: ExtensionsV1beta1HTTPIngressRuleValue;
}

/** io.k8s.api.extensions.v1beta1.IngressRuleValue */
export interface ExtensionsV1beta1IngressRuleValue {
  http?: ExtensionsV1beta1HTTPIngressRuleValue;
}

/** io.k8s.api.extensions.v1beta1.IngressSpec */
export interface ExtensionsV1beta1IngressSpec {
  ingressClassName?: string;
  backend?: ExtensionsV1beta1IngressBackend;
  tls?: ExtensionsV1beta1IngressTLS[];
  rules?: ExtensionsV1beta1IngressRule[];
}

/** io.k8s.api.extensions.v1beta1.IngressStatus */
export interface ExtensionsV1beta1IngressStatus {
  loadBalancer?: ExtensionsV1beta1IngressLoadBalancerStatus;
}

/** io.k8s.api.extensions.v1beta1.IngressTLS */
export interface ExtensionsV1beta1IngressTLS {
  hosts?: string[];
  secretName?: string;
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicy */
export interface ExtensionsV1beta1NetworkPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ExtensionsV1beta1NetworkPolicySpec;
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicyEgressRule */
export interface ExtensionsV1beta1NetworkPolicyEgressRule {
  ports?: ExtensionsV1beta1NetworkPolicyPort[];
  to?: ExtensionsV1beta1NetworkPolicyPeer[];
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicyIngressRule */
export interface ExtensionsV1beta1NetworkPolicyIngressRule {
  ports?: ExtensionsV1beta1NetworkPolicyPort[];
  from?: ExtensionsV1beta1NetworkPolicyPeer[];
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicyList */
export interface ExtensionsV1beta1NetworkPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ExtensionsV1beta1NetworkPolicy[];
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicyPeer */
export interface ExtensionsV1beta1NetworkPolicyPeer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: ExtensionsV1beta1IPBlock;
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicyPort */
export interface ExtensionsV1beta1NetworkPolicyPort {
  protocol?: string;
  port?: IntOrString;
  endPort?: number;
}

/** io.k8s.api.extensions.v1beta1.NetworkPolicySpec */
export interface ExtensionsV1beta1NetworkPolicySpec {
  podSelector: LabelSelector;
  ingress?: ExtensionsV1beta1NetworkPolicyIngressRule[];
  egress?: ExtensionsV1beta1NetworkPolicyEgressRule[];
  policyTypes?: string[];
}

/** io.k8s.api.extensions.v1beta1.ReplicaSet */
export interface ExtensionsV1beta1ReplicaSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ExtensionsV1beta1ReplicaSetSpec;
  status?: ExtensionsV1beta1ReplicaSetStatus;
}

/** io.k8s.api.extensions.v1beta1.ReplicaSetCondition */
export interface ExtensionsV1beta1ReplicaSetCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.extensions.v1beta1.ReplicaSetList */
export interface ExtensionsV1beta1ReplicaSetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ExtensionsV1beta1ReplicaSet[];
}

/** io.k8s.api.extensions.v1beta1.ReplicaSetSpec */
export interface ExtensionsV1beta1ReplicaSetSpec {
  replicas?: number;
  minReadySeconds?: number;
  selector?: LabelSelector;
  template?: PodTemplateSpec;
}

/** io.k8s.api.extensions.v1beta1.ReplicaSetStatus */
export interface ExtensionsV1beta1ReplicaSetStatus {
  replicas: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  terminatingReplicas?: number;
  observedGeneration?: number;
  conditions?: ExtensionsV1beta1ReplicaSetCondition[];
}

/** io.k8s.api.extensions.v1beta1.RollbackConfig */
export interface ExtensionsV1beta1RollbackConfig {
  revision?: number;
}

/** io.k8s.api.extensions.v1beta1.RollingUpdateDaemonSet */
export interface ExtensionsV1beta1RollingUpdateDaemonSet {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.extensions.v1beta1.RollingUpdateDeployment */
export interface ExtensionsV1beta1RollingUpdateDeployment {
  maxUnavailable?: IntOrString;
  maxSurge?: IntOrString;
}

/** io.k8s.api.extensions.v1beta1.Scale */
export interface ExtensionsV1beta1Scale {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ExtensionsV1beta1ScaleSpec;
  status?: ExtensionsV1beta1ScaleStatus;
}

/** io.k8s.api.extensions.v1beta1.ScaleSpec */
export interface ExtensionsV1beta1ScaleSpec {
  replicas?: number;
}

/** io.k8s.api.extensions.v1beta1.ScaleStatus */
export interface ExtensionsV1beta1ScaleStatus {
  replicas: number;
  selector?: Record<string, string>;
  targetSelector?: string;
}

/** io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration */
export interface ExemptPriorityLevelConfiguration {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
}

/** io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod */
export interface FlowDistinguisherMethod {
  type: string;
}

/** io.k8s.api.flowcontrol.v1.FlowSchema */
export interface FlowSchema {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowSchemaSpec;
  status?: FlowSchemaStatus;
}

/** io.k8s.api.flowcontrol.v1.FlowSchemaCondition */
export interface FlowSchemaCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1.FlowSchemaList */
export interface FlowSchemaList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowSchema[];
}

/** io.k8s.api.flowcontrol.v1.FlowSchemaSpec */
export interface FlowSchemaSpec {
  priorityLevelConfiguration: PriorityLevelConfigurationReference;
  matchingPrecedence?: number;
  distinguisherMethod?: FlowDistinguisherMethod;
  rules?: PolicyRulesWithSubjects[];
}

/** io.k8s.api.flowcontrol.v1.FlowSchemaStatus */
export interface FlowSchemaStatus {
  conditions?: FlowSchemaCondition[];
}

/** io.k8s.api.flowcontrol.v1.GroupSubject */
export interface GroupSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1.LimitResponse */
export interface LimitResponse {
  type: string;
  queuing?: QueuingConfiguration;
}

/** io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration */
export interface LimitedPriorityLevelConfiguration {
  nominalConcurrencyShares?: number;
  limitResponse?: LimitResponse;
  lendablePercent?: number;
  borrowingLimitPercent?: number;
}

/** io.k8s.api.flowcontrol.v1.NonResourcePolicyRule */
export interface NonResourcePolicyRule {
  verbs: string[];
  nonResourceURLs: string[];
}

/** io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects */
export interface PolicyRulesWithSubjects {
  subjects: FlowcontrolV1Subject[];
  resourceRules?: ResourcePolicyRule[];
  nonResourceRules?: NonResourcePolicyRule[];
}

/** io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration */
export interface PriorityLevelConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: PriorityLevelConfigurationSpec;
  status?: PriorityLevelConfigurationStatus;
}

/** io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition */
export interface PriorityLevelConfigurationCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationList */
export interface PriorityLevelConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PriorityLevelConfiguration[];
}

/** io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference */
export interface PriorityLevelConfigurationReference {
  name: string;
}

/** io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec */
export interface PriorityLevelConfigurationSpec {
  type: string;
  limited?: LimitedPriorityLevelConfiguration;
  exempt?: ExemptPriorityLevelConfiguration;
}

/** io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus */
export interface PriorityLevelConfigurationStatus {
  conditions?: PriorityLevelConfigurationCondition[];
}

/** io.k8s.api.flowcontrol.v1.QueuingConfiguration */
export interface QueuingConfiguration {
  queues?: number;
  handSize?: number;
  queueLengthLimit?: number;
}

/** io.k8s.api.flowcontrol.v1.ResourcePolicyRule */
export interface ResourcePolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  clusterScope?: boolean;
  namespaces?: string[];
}

/** io.k8s.api.flowcontrol.v1.ServiceAccountSubject */
export interface ServiceAccountSubject {
  namespace: string;
  name: string;
}

/** io.k8s.api.flowcontrol.v1.Subject */
export interface FlowcontrolV1Subject {
  kind: string;
  user?: UserSubject;
  group?: GroupSubject;
  serviceAccount?: ServiceAccountSubject;
}

/** io.k8s.api.flowcontrol.v1.UserSubject */
export interface UserSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta1.ExemptPriorityLevelConfiguration */
export interface FlowcontrolV1beta1ExemptPriorityLevelConfiguration {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
}

/** io.k8s.api.flowcontrol.v1beta1.FlowDistinguisherMethod */
export interface FlowcontrolV1beta1FlowDistinguisherMethod {
  type: string;
}

/** io.k8s.api.flowcontrol.v1beta1.FlowSchema */
export interface FlowcontrolV1beta1FlowSchema {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowcontrolV1beta1FlowSchemaSpec;
  status?: FlowcontrolV1beta1FlowSchemaStatus;
}

/** io.k8s.api.flowcontrol.v1beta1.FlowSchemaCondition */
export interface FlowcontrolV1beta1FlowSchemaCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1beta1.FlowSchemaList */
export interface FlowcontrolV1beta1FlowSchemaList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowcontrolV1beta1FlowSchema[];
}

/** io.k8s.api.flowcontrol.v1beta1.FlowSchemaSpec */
export interface FlowcontrolV1beta1FlowSchemaSpec {
  priorityLevelConfiguration: FlowcontrolV1beta1PriorityLevelConfigurationReference;
  matchingPrecedence?: number;
  distinguisherMethod?: FlowcontrolV1beta1FlowDistinguisherMethod;
  rules?: FlowcontrolV1beta1PolicyRulesWithSubjects[];
}

/** io.k8s.api.flowcontrol.v1beta1.FlowSchemaStatus */
export interface FlowcontrolV1beta1FlowSchemaStatus {
  conditions?: FlowcontrolV1beta1FlowSchemaCondition[];
}

/** io.k8s.api.flowcontrol.v1beta1.GroupSubject */
export interface FlowcontrolV1beta1GroupSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta1.LimitResponse */
export interface FlowcontrolV1beta1LimitResponse {
  type: string;
  queuing?: FlowcontrolV1beta1QueuingConfiguration;
}

/** io.k8s.api.flowcontrol.v1beta1.LimitedPriorityLevelConfiguration */
export interface FlowcontrolV1beta1LimitedPriorityLevelConfiguration {
  assuredConcurrencyShares?: number;
  limitResponse?: FlowcontrolV1beta1LimitResponse;
  lendablePercent?: number;
  borrowingLimitPercent?: number;
}

/** io.k8s.api.flowcontrol.v1beta1.NonResourcePolicyRule */
export interface FlowcontrolV1beta1NonResourcePolicyRule {
  verbs: string[];
  nonResourceURLs: string[];
}

/** io.k8s.api.flowcontrol.v1beta1.PolicyRulesWithSubjects */
export interface FlowcontrolV1beta1PolicyRulesWithSubjects {
  subjects: FlowcontrolV1beta1Subject[];
  resourceRules?: FlowcontrolV1beta1ResourcePolicyRule[];
  nonResourceRules?: FlowcontrolV1beta1NonResourcePolicyRule[];
}

/** io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfiguration */
export interface FlowcontrolV1beta1PriorityLevelConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowcontrolV1beta1PriorityLevelConfigurationSpec;
  status?: FlowcontrolV1beta1PriorityLevelConfigurationStatus;
}

/** io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfigurationCondition */
export interface FlowcontrolV1beta1PriorityLevelConfigurationCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfigurationList */
export interface FlowcontrolV1beta1PriorityLevelConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowcontrolV1beta1PriorityLevelConfiguration[];
}

/** io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfigurationReference */
export interface FlowcontrolV1beta1PriorityLevelConfigurationReference {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfigurationSpec */
export interface FlowcontrolV1beta1PriorityLevelConfigurationSpec {
  type: string;
  limited?: FlowcontrolV1beta1LimitedPriorityLevelConfiguration;
  exempt?: FlowcontrolV1beta1ExemptPriorityLevelConfiguration;
}

/** io.k8s.api.flowcontrol.v1beta1.PriorityLevelConfigurationStatus */
export interface FlowcontrolV1beta1PriorityLevelConfigurationStatus {
  conditions?: FlowcontrolV1beta1PriorityLevelConfigurationCondition[];
}

/** io.k8s.api.flowcontrol.v1beta1.QueuingConfiguration */
export interface FlowcontrolV1beta1QueuingConfiguration {
  queues?: number;
  handSize?: number;
  queueLengthLimit?: number;
}

/** io.k8s.api.flowcontrol.v1beta1.ResourcePolicyRule */
export interface FlowcontrolV1beta1ResourcePolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  clusterScope?: boolean;
  namespaces?: string[];
}

/** io.k8s.api.flowcontrol.v1beta1.ServiceAccountSubject */
export interface FlowcontrolV1beta1ServiceAccountSubject {
  namespace: string;
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta1.Subject */
export interface FlowcontrolV1beta1Subject {
  kind: string;
  user?: FlowcontrolV1beta1UserSubject;
  group?: FlowcontrolV1beta1GroupSubject;
  serviceAccount?: FlowcontrolV1beta1ServiceAccountSubject;
}

/** io.k8s.api.flowcontrol.v1beta1.UserSubject */
export interface FlowcontrolV1beta1UserSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta2.ExemptPriorityLevelConfiguration */
export interface FlowcontrolV1beta2ExemptPriorityLevelConfiguration {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
}

/** io.k8s.api.flowcontrol.v1beta2.FlowDistinguisherMethod */
export interface FlowcontrolV1beta2FlowDistinguisherMethod {
  type: string;
}

/** io.k8s.api.flowcontrol.v1beta2.FlowSchema */
export interface FlowcontrolV1beta2FlowSchema {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowcontrolV1beta2FlowSchemaSpec;
  status?: FlowcontrolV1beta2FlowSchemaStatus;
}

/** io.k8s.api.flowcontrol.v1beta2.FlowSchemaCondition */
export interface FlowcontrolV1beta2FlowSchemaCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1beta2.FlowSchemaList */
export interface FlowcontrolV1beta2FlowSchemaList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowcontrolV1beta2FlowSchema[];
}

/** io.k8s.api.flowcontrol.v1beta2.FlowSchemaSpec */
export interface FlowcontrolV1beta2FlowSchemaSpec {
  priorityLevelConfiguration: FlowcontrolV1beta2PriorityLevelConfigurationReference;
  matchingPrecedence?: number;
  distinguisherMethod?: FlowcontrolV1beta2FlowDistinguisherMethod;
  rules?: FlowcontrolV1beta2PolicyRulesWithSubjects[];
}

/** io.k8s.api.flowcontrol.v1beta2.FlowSchemaStatus */
export interface FlowcontrolV1beta2FlowSchemaStatus {
  conditions?: FlowcontrolV1beta2FlowSchemaCondition[];
}

/** io.k8s.api.flowcontrol.v1beta2.GroupSubject */
export interface FlowcontrolV1beta2GroupSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta2.LimitResponse */
export interface FlowcontrolV1beta2LimitResponse {
  type: string;
  queuing?: FlowcontrolV1beta2QueuingConfiguration;
}

/** io.k8s.api.flowcontrol.v1beta2.LimitedPriorityLevelConfiguration */
export interface FlowcontrolV1beta2LimitedPriorityLevelConfiguration {
  assuredConcurrencyShares?: number;
  limitResponse?: FlowcontrolV1beta2LimitResponse;
  lendablePercent?: number;
  borrowingLimitPercent?: number;
}

/** io.k8s.api.flowcontrol.v1beta2.NonResourcePolicyRule */
export interface FlowcontrolV1beta2NonResourcePolicyRule {
  verbs: string[];
  nonResourceURLs: string[];
}

/** io.k8s.api.flowcontrol.v1beta2.PolicyRulesWithSubjects */
export interface FlowcontrolV1beta2PolicyRulesWithSubjects {
  subjects: FlowcontrolV1beta2Subject[];
  resourceRules?: FlowcontrolV1beta2ResourcePolicyRule[];
  nonResourceRules?: FlowcontrolV1beta2NonResourcePolicyRule[];
}

/** io.k8s.api.flowcontrol.v1beta2.PriorityLevelConfiguration */
export interface FlowcontrolV1beta2PriorityLevelConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowcontrolV1beta2PriorityLevelConfigurationSpec;
  status?: FlowcontrolV1beta2PriorityLevelConfigurationStatus;
}

/** io.k8s.api.flowcontrol.v1beta2.PriorityLevelConfigurationCondition */
export interface FlowcontrolV1beta2PriorityLevelConfigurationCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1beta2.PriorityLevelConfigurationList */
export interface FlowcontrolV1beta2PriorityLevelConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowcontrolV1beta2PriorityLevelConfiguration[];
}

/** io.k8s.api.flowcontrol.v1beta2.PriorityLevelConfigurationReference */
export interface FlowcontrolV1beta2PriorityLevelConfigurationReference {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta2.PriorityLevelConfigurationSpec */
export interface FlowcontrolV1beta2PriorityLevelConfigurationSpec {
  type: string;
  limited?: FlowcontrolV1beta2LimitedPriorityLevelConfiguration;
  exempt?: FlowcontrolV1beta2ExemptPriorityLevelConfiguration;
}

/** io.k8s.api.flowcontrol.v1beta2.PriorityLevelConfigurationStatus */
export interface FlowcontrolV1beta2PriorityLevelConfigurationStatus {
  conditions?: FlowcontrolV1beta2PriorityLevelConfigurationCondition[];
}

/** io.k8s.api.flowcontrol.v1beta2.QueuingConfiguration */
export interface FlowcontrolV1beta2QueuingConfiguration {
  queues?: number;
  handSize?: number;
  queueLengthLimit?: number;
}

/** io.k8s.api.flowcontrol.v1beta2.ResourcePolicyRule */
export interface FlowcontrolV1beta2ResourcePolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  clusterScope?: boolean;
  namespaces?: string[];
}

/** io.k8s.api.flowcontrol.v1beta2.ServiceAccountSubject */
export interface FlowcontrolV1beta2ServiceAccountSubject {
  namespace: string;
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta2.Subject */
export interface FlowcontrolV1beta2Subject {
  kind: string;
  user?: FlowcontrolV1beta2UserSubject;
  group?: FlowcontrolV1beta2GroupSubject;
  serviceAccount?: FlowcontrolV1beta2ServiceAccountSubject;
}

/** io.k8s.api.flowcontrol.v1beta2.UserSubject */
export interface FlowcontrolV1beta2UserSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta3.ExemptPriorityLevelConfiguration */
export interface FlowcontrolV1beta3ExemptPriorityLevelConfiguration {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
}

/** io.k8s.api.flowcontrol.v1beta3.FlowDistinguisherMethod */
export interface FlowcontrolV1beta3FlowDistinguisherMethod {
  type: string;
}

/** io.k8s.api.flowcontrol.v1beta3.FlowSchema */
export interface FlowcontrolV1beta3FlowSchema {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowcontrolV1beta3FlowSchemaSpec;
  status?: FlowcontrolV1beta3FlowSchemaStatus;
}

/** io.k8s.api.flowcontrol.v1beta3.FlowSchemaCondition */
export interface FlowcontrolV1beta3FlowSchemaCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1beta3.FlowSchemaList */
export interface FlowcontrolV1beta3FlowSchemaList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowcontrolV1beta3FlowSchema[];
}

/** io.k8s.api.flowcontrol.v1beta3.FlowSchemaSpec */
export interface FlowcontrolV1beta3FlowSchemaSpec {
  priorityLevelConfiguration: FlowcontrolV1beta3PriorityLevelConfigurationReference;
  matchingPrecedence?: number;
  distinguisherMethod?: FlowcontrolV1beta3FlowDistinguisherMethod;
  rules?: FlowcontrolV1beta3PolicyRulesWithSubjects[];
}

/** io.k8s.api.flowcontrol.v1beta3.FlowSchemaStatus */
export interface FlowcontrolV1beta3FlowSchemaStatus {
  conditions?: FlowcontrolV1beta3FlowSchemaCondition[];
}

/** io.k8s.api.flowcontrol.v1beta3.GroupSubject */
export interface FlowcontrolV1beta3GroupSubject {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta3.LimitResponse */
export interface FlowcontrolV1beta3LimitResponse {
  type: string;
  queuing?: FlowcontrolV1beta3QueuingConfiguration;
}

/** io.k8s.api.flowcontrol.v1beta3.LimitedPriorityLevelConfiguration */
export interface FlowcontrolV1beta3LimitedPriorityLevelConfiguration {
  nominalConcurrencyShares?: number;
  limitResponse?: FlowcontrolV1beta3LimitResponse;
  lendablePercent?: number;
  borrowingLimitPercent?: number;
}

/** io.k8s.api.flowcontrol.v1beta3.NonResourcePolicyRule */
export interface FlowcontrolV1beta3NonResourcePolicyRule {
  verbs: string[];
  nonResourceURLs: string[];
}

/** io.k8s.api.flowcontrol.v1beta3.PolicyRulesWithSubjects */
export interface FlowcontrolV1beta3PolicyRulesWithSubjects {
  subjects: FlowcontrolV1beta3Subject[];
  resourceRules?: FlowcontrolV1beta3ResourcePolicyRule[];
  nonResourceRules?: FlowcontrolV1beta3NonResourcePolicyRule[];
}

/** io.k8s.api.flowcontrol.v1beta3.PriorityLevelConfiguration */
export interface FlowcontrolV1beta3PriorityLevelConfiguration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: FlowcontrolV1beta3PriorityLevelConfigurationSpec;
  status?: FlowcontrolV1beta3PriorityLevelConfigurationStatus;
}

/** io.k8s.api.flowcontrol.v1beta3.PriorityLevelConfigurationCondition */
export interface FlowcontrolV1beta3PriorityLevelConfigurationCondition {
  type?: string;
  status?: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.api.flowcontrol.v1beta3.PriorityLevelConfigurationList */
export interface FlowcontrolV1beta3PriorityLevelConfigurationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: FlowcontrolV1beta3PriorityLevelConfiguration[];
}

/** io.k8s.api.flowcontrol.v1beta3.PriorityLevelConfigurationReference */
export interface FlowcontrolV1beta3PriorityLevelConfigurationReference {
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta3.PriorityLevelConfigurationSpec */
export interface FlowcontrolV1beta3PriorityLevelConfigurationSpec {
  type: string;
  limited?: FlowcontrolV1beta3LimitedPriorityLevelConfiguration;
  exempt?: FlowcontrolV1beta3ExemptPriorityLevelConfiguration;
}

/** io.k8s.api.flowcontrol.v1beta3.PriorityLevelConfigurationStatus */
export interface FlowcontrolV1beta3PriorityLevelConfigurationStatus {
  conditions?: FlowcontrolV1beta3PriorityLevelConfigurationCondition[];
}

/** io.k8s.api.flowcontrol.v1beta3.QueuingConfiguration */
export interface FlowcontrolV1beta3QueuingConfiguration {
  queues?: number;
  handSize?: number;
  queueLengthLimit?: number;
}

/** io.k8s.api.flowcontrol.v1beta3.ResourcePolicyRule */
export interface FlowcontrolV1beta3ResourcePolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  clusterScope?: boolean;
  namespaces?: string[];
}

/** io.k8s.api.flowcontrol.v1beta3.ServiceAccountSubject */
export interface FlowcontrolV1beta3ServiceAccountSubject {
  namespace: string;
  name: string;
}

/** io.k8s.api.flowcontrol.v1beta3.Subject */
export interface FlowcontrolV1beta3Subject {
  kind: string;
  user?: FlowcontrolV1beta3UserSubject;
  group?: FlowcontrolV1beta3GroupSubject;
  serviceAccount?: FlowcontrolV1beta3ServiceAccountSubject;
}

/** io.k8s.api.flowcontrol.v1beta3.UserSubject */
export interface FlowcontrolV1beta3UserSubject {
  name: string;
}

/** io.k8s.api.imagepolicy.v1alpha1.ImageReview */
export interface ImagepolicyV1alpha1ImageReview {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ImagepolicyV1alpha1ImageReviewSpec;
  status?: ImagepolicyV1alpha1ImageReviewStatus;
}

/** io.k8s.api.imagepolicy.v1alpha1.ImageReviewContainerSpec */
export interface ImagepolicyV1alpha1ImageReviewContainerSpec {
  image?: string;
}

/** io.k8s.api.imagepolicy.v1alpha1.ImageReviewSpec */
export interface ImagepolicyV1alpha1ImageReviewSpec {
  containers?: ImagepolicyV1alpha1ImageReviewContainerSpec[];
  annotations?: Record<string, string>;
  namespace?: string;
}

/** io.k8s.api.imagepolicy.v1alpha1.ImageReviewStatus */
export interface ImagepolicyV1alpha1ImageReviewStatus {
  allowed?: boolean;
  reason?: string;
  auditAnnotations?: Record<string, string>;
}

/** io.k8s.api.networking.v1.HTTPIngressPath */
export interface HTTPIngressPath {
  path?: string;
  pathType: string;
  backend: IngressBackend;
}

/** io.k8s.api.networking.v1.HTTPIngressRuleValue */
export interface HTTPIngressRuleValue {
  paths: HTTPIngressPath[];
}

/** io.k8s.api.networking.v1.IPAddress */
export interface IPAddress {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: IPAddressSpec;
}

/** io.k8s.api.networking.v1.IPAddressList */
export interface IPAddressList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: IPAddress[];
}

/** io.k8s.api.networking.v1.IPAddressSpec */
export interface IPAddressSpec {
  parentRef: ParentReference;
}

/** io.k8s.api.networking.v1.IPBlock */
export interface IPBlock {
  cidr: string;
  except?: string[];
}

/** io.k8s.api.networking.v1.Ingress */
export interface Ingress {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: IngressSpec;
  status?: IngressStatus;
}

/** io.k8s.api.networking.v1.IngressBackend */
export interface IngressBackend {
  service?: IngressServiceBackend;
  resource?: TypedLocalObjectReference;
}

/** io.k8s.api.networking.v1.IngressClass */
export interface IngressClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: IngressClassSpec;
}

/** io.k8s.api.networking.v1.IngressClassList */
export interface IngressClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: IngressClass[];
}

/** io.k8s.api.networking.v1.IngressClassParametersReference */
export interface IngressClassParametersReference {
  apiGroup?: string;
  kind: string;
  name: string;
  scope?: string;
  namespace?: string;
}

/** io.k8s.api.networking.v1.IngressClassSpec */
export interface IngressClassSpec {
  controller?: string;
  parameters?: IngressClassParametersReference;
}

/** io.k8s.api.networking.v1.IngressList */
export interface IngressList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Ingress[];
}

/** io.k8s.api.networking.v1.IngressLoadBalancerIngress */
export interface IngressLoadBalancerIngress {
  ip?: string;
  hostname?: string;
  ports?: IngressPortStatus[];
}

/** io.k8s.api.networking.v1.IngressLoadBalancerStatus */
export interface IngressLoadBalancerStatus {
  ingress?: IngressLoadBalancerIngress[];
}

/** io.k8s.api.networking.v1.IngressPortStatus */
export interface IngressPortStatus {
  port: number;
  protocol: string;
  error?: string;
}

/** io.k8s.api.networking.v1.IngressRule */
export interface IngressRule {
  host?: string;
  http?: HTTPIngressRuleValue;
}

/** io.k8s.api.networking.v1.IngressRuleValue */
export interface IngressRuleValue {
  http?: HTTPIngressRuleValue;
}

/** io.k8s.api.networking.v1.IngressServiceBackend */
export interface IngressServiceBackend {
  name: string;
  port?: ServiceBackendPort;
}

/** io.k8s.api.networking.v1.IngressSpec */
export interface IngressSpec {
  ingressClassName?: string;
  defaultBackend?: IngressBackend;
  tls?: IngressTLS[];
  rules?: IngressRule[];
}

/** io.k8s.api.networking.v1.IngressStatus */
export interface IngressStatus {
  loadBalancer?: IngressLoadBalancerStatus;
}

/** io.k8s.api.networking.v1.IngressTLS */
export interface IngressTLS {
  hosts?: string[];
  secretName?: string;
}

/** io.k8s.api.networking.v1.NetworkPolicy */
export interface NetworkPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: NetworkPolicySpec;
}

/** io.k8s.api.networking.v1.NetworkPolicyEgressRule */
export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[];
  to?: NetworkPolicyPeer[];
}

/** io.k8s.api.networking.v1.NetworkPolicyIngressRule */
export interface NetworkPolicyIngressRule {
  ports?: NetworkPolicyPort[];
  from?: NetworkPolicyPeer[];
}

/** io.k8s.api.networking.v1.NetworkPolicyList */
export interface NetworkPolicyList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NetworkPolicy[];
}

/** io.k8s.api.networking.v1.NetworkPolicyPeer */
export interface NetworkPolicyPeer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: IPBlock;
}

/** io.k8s.api.networking.v1.NetworkPolicyPort */
export interface NetworkPolicyPort {
  protocol?: string;
  port?: IntOrString;
  endPort?: number;
}

/** io.k8s.api.networking.v1.NetworkPolicySpec */
export interface NetworkPolicySpec {
  podSelector?: LabelSelector;
  ingress?: NetworkPolicyIngressRule[];
  egress?: NetworkPolicyEgressRule[];
  policyTypes?: string[];
}

/** io.k8s.api.networking.v1.ParentReference */
export interface ParentReference {
  group?: string;
  resource: string;
  namespace?: string;
  name: string;
}

/** io.k8s.api.networking.v1.ServiceBackendPort */
export interface ServiceBackendPort {
  name?: string;
  number?: number;
}

/** io.k8s.api.networking.v1.ServiceCIDR */
export interface ServiceCIDR {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ServiceCIDRSpec;
  status?: ServiceCIDRStatus;
}

/** io.k8s.api.networking.v1.ServiceCIDRList */
export interface ServiceCIDRList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ServiceCIDR[];
}

/** io.k8s.api.networking.v1.ServiceCIDRSpec */
export interface ServiceCIDRSpec {
  cidrs?: string[];
}

/** io.k8s.api.networking.v1.ServiceCIDRStatus */
export interface ServiceCIDRStatus {
  conditions?: Condition[];
}

/** io.k8s.api.networking.v1beta1.HTTPIngressPath */
export interface NetworkingV1beta1HTTPIngressPath {
  path?: string;
  pathType?: string;
  backend: NetworkingV1beta1IngressBackend;
}

/** io.k8s.api.networking.v1beta1.HTTPIngressRuleValue */
export interface NetworkingV1beta1HTTPIngressRuleValue {
  paths: NetworkingV1beta1HTTPIngressPath[];
}

/** io.k8s.api.networking.v1beta1.IPAddress */
export interface NetworkingV1beta1IPAddress {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: NetworkingV1beta1IPAddressSpec;
}

/** io.k8s.api.networking.v1beta1.IPAddressList */
export interface NetworkingV1beta1IPAddressList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NetworkingV1beta1IPAddress[];
}

/** io.k8s.api.networking.v1beta1.IPAddressSpec */
export interface NetworkingV1beta1IPAddressSpec {
  parentRef: NetworkingV1beta1ParentReference;
}

/** io.k8s.api.networking.v1beta1.Ingress */
export interface NetworkingV1beta1Ingress {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: NetworkingV1beta1IngressSpec;
  status?: NetworkingV1beta1IngressStatus;
}

/** io.k8s.api.networking.v1beta1.IngressBackend */
export interface NetworkingV1beta1IngressBackend {
  serviceName?: string;
  servicePort?: IntOrString;
  resource?: TypedLocalObjectReference;
}

/** io.k8s.api.networking.v1beta1.IngressClass */
export interface NetworkingV1beta1IngressClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: NetworkingV1beta1IngressClassSpec;
}

/** io.k8s.api.networking.v1beta1.IngressClassList */
export interface NetworkingV1beta1IngressClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NetworkingV1beta1IngressClass[];
}

/** io.k8s.api.networking.v1beta1.IngressClassParametersReference */
export interface NetworkingV1beta1IngressClassParametersReference {
  apiGroup?: string;
  kind: string;
  name: string;
  scope: string;
  namespace?: string;
}

/** io.k8s.api.networking.v1beta1.IngressClassSpec */
export interface NetworkingV1beta1IngressClassSpec {
  controller?: string;
  parameters?: NetworkingV1beta1IngressClassParametersReference;
}

/** io.k8s.api.networking.v1beta1.IngressList */
export interface NetworkingV1beta1IngressList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NetworkingV1beta1Ingress[];
}

/** io.k8s.api.networking.v1beta1.IngressLoadBalancerIngress */
export interface NetworkingV1beta1IngressLoadBalancerIngress {
  ip?: string;
  hostname?: string;
  ports?: NetworkingV1beta1IngressPortStatus[];
}

/** io.k8s.api.networking.v1beta1.IngressLoadBalancerStatus */
export interface NetworkingV1beta1IngressLoadBalancerStatus {
  ingress?: NetworkingV1beta1IngressLoadBalancerIngress[];
}

/** io.k8s.api.networking.v1beta1.IngressPortStatus */
export interface NetworkingV1beta1IngressPortStatus {
  port: number;
  protocol: string;
  error?: string;
}

/** io.k8s.api.networking.v1beta1.IngressRule */
export interface NetworkingV1beta1IngressRule {
  host?: string;
  http?: NetworkingV1beta1HTTPIngressRuleValue;
}

/** io.k8s.api.networking.v1beta1.IngressRuleValue */
export interface NetworkingV1beta1IngressRuleValue {
  http?: NetworkingV1beta1HTTPIngressRuleValue;
}

/** io.k8s.api.networking.v1beta1.IngressSpec */
export interface NetworkingV1beta1IngressSpec {
  ingressClassName?: string;
  backend?: NetworkingV1beta1IngressBackend;
  tls?: NetworkingV1beta1IngressTLS[];
  rules?: NetworkingV1beta1IngressRule[];
}

/** io.k8s.api.networking.v1beta1.IngressStatus */
export interface NetworkingV1beta1IngressStatus {
  loadBalancer?: NetworkingV1beta1IngressLoadBalancerStatus;
}

/** io.k8s.api.networking.v1beta1.IngressTLS */
export interface NetworkingV1beta1IngressTLS {
  hosts?: string[];
  secretName?: string;
}

/** io.k8s.api.networking.v1beta1.ParentReference */
export interface NetworkingV1beta1ParentReference {
  group?: string;
  resource: string;
  namespace?: string;
  name: string;
}

/** io.k8s.api.networking.v1beta1.ServiceCIDR */
export interface NetworkingV1beta1ServiceCIDR {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: NetworkingV1beta1ServiceCIDRSpec;
  status?: NetworkingV1beta1ServiceCIDRStatus;
}

/** io.k8s.api.networking.v1beta1.ServiceCIDRList */
export interface NetworkingV1beta1ServiceCIDRList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NetworkingV1beta1ServiceCIDR[];
}

/** io.k8s.api.networking.v1beta1.ServiceCIDRSpec */
export interface NetworkingV1beta1ServiceCIDRSpec {
  cidrs?: string[];
}

/** io.k8s.api.networking.v1beta1.ServiceCIDRStatus */
export interface NetworkingV1beta1ServiceCIDRStatus {
  conditions?: Condition[];
}

/** io.k8s.api.node.v1.Overhead */
export interface Overhead {
  podFixed?: Record<string, Quantity>;
}

/** io.k8s.api.node.v1.RuntimeClass */
export interface RuntimeClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  handler: string;
  overhead?: Overhead;
  scheduling?: Scheduling;
}

/** io.k8s.api.node.v1.RuntimeClassList */
export interface RuntimeClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RuntimeClass[];
}

/** io.k8s.api.node.v1.Scheduling */
export interface Scheduling {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

/** io.k8s.api.node.v1alpha1.Overhead */
export interface NodeV1alpha1Overhead {
  podFixed?: Record<string, Quantity>;
}

/** io.k8s.api.node.v1alpha1.RuntimeClass */
export interface NodeV1alpha1RuntimeClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: RuntimeClassSpec;
}

/** io.k8s.api.node.v1alpha1.RuntimeClassList */
export interface NodeV1alpha1RuntimeClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NodeV1alpha1RuntimeClass[];
}

/** io.k8s.api.node.v1alpha1.RuntimeClassSpec */
export interface RuntimeClassSpec {
  runtimeHandler: string;
  overhead?: NodeV1alpha1Overhead;
  scheduling?: NodeV1alpha1Scheduling;
}

/** io.k8s.api.node.v1alpha1.Scheduling */
export interface NodeV1alpha1Scheduling {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

/** io.k8s.api.node.v1beta1.Overhead */
export interface NodeV1beta1Overhead {
  podFixed?: Record<string, Quantity>;
}

/** io.k8s.api.node.v1beta1.RuntimeClass */
export interface NodeV1beta1RuntimeClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  handler: string;
  overhead?: NodeV1beta1Overhead;
  scheduling?: NodeV1beta1Scheduling;
}

/** io.k8s.api.node.v1beta1.RuntimeClassList */
export interface NodeV1beta1RuntimeClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: NodeV1beta1RuntimeClass[];
}

/** io.k8s.api.node.v1beta1.Scheduling */
export interface NodeV1beta1Scheduling {
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

/** io.k8s.api.policy.v1.Eviction */
export interface Eviction {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  deleteOptions?: DeleteOptions;
}

/** io.k8s.api.policy.v1.PodDisruptionBudget */
export interface PodDisruptionBudget {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: PodDisruptionBudgetSpec;
  status?: PodDisruptionBudgetStatus;
}

/** io.k8s.api.policy.v1.PodDisruptionBudgetList */
export interface PodDisruptionBudgetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PodDisruptionBudget[];
}

/** io.k8s.api.policy.v1.PodDisruptionBudgetSpec */
export interface PodDisruptionBudgetSpec {
  minAvailable?: IntOrString;
  selector?: LabelSelector;
  maxUnavailable?: IntOrString;
  unhealthyPodEvictionPolicy?: string;
}

/** io.k8s.api.policy.v1.PodDisruptionBudgetStatus */
export interface PodDisruptionBudgetStatus {
  observedGeneration?: number;
  disruptedPods?: Record<string, Time>;
  disruptionsAllowed?: number;
  currentHealthy?: number;
  desiredHealthy?: number;
  expectedPods?: number;
  conditions?: Condition[];
}

/** io.k8s.api.policy.v1beta1.Eviction */
export interface PolicyV1beta1Eviction {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  deleteOptions?: DeleteOptions;
}

/** io.k8s.api.policy.v1beta1.PodDisruptionBudget */
export interface PolicyV1beta1PodDisruptionBudget {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: PolicyV1beta1PodDisruptionBudgetSpec;
  status?: PolicyV1beta1PodDisruptionBudgetStatus;
}

/** io.k8s.api.policy.v1beta1.PodDisruptionBudgetList */
export interface PolicyV1beta1PodDisruptionBudgetList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PolicyV1beta1PodDisruptionBudget[];
}

/** io.k8s.api.policy.v1beta1.PodDisruptionBudgetSpec */
export interface PolicyV1beta1PodDisruptionBudgetSpec {
  minAvailable?: IntOrString;
  selector?: LabelSelector;
  maxUnavailable?: IntOrString;
  unhealthyPodEvictionPolicy?: string;
}

/** io.k8s.api.policy.v1beta1.PodDisruptionBudgetStatus */
export interface PolicyV1beta1PodDisruptionBudgetStatus {
  observedGeneration?: number;
  disruptedPods?: Record<string, Time>;
  disruptionsAllowed?: number;
  currentHealthy?: number;
  desiredHealthy?: number;
  expectedPods?: number;
  conditions?: Condition[];
}

/** io.k8s.api.rbac.v1.AggregationRule */
export interface AggregationRule {
  clusterRoleSelectors?: LabelSelector[];
}

/** io.k8s.api.rbac.v1.ClusterRole */
export interface ClusterRole {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[];
  aggregationRule?: AggregationRule;
}

/** io.k8s.api.rbac.v1.ClusterRoleBinding */
export interface ClusterRoleBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subjects?: Subject[];
  roleRef: RoleRef;
}

/** io.k8s.api.rbac.v1.ClusterRoleBindingList */
export interface ClusterRoleBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ClusterRoleBinding[];
}

/** io.k8s.api.rbac.v1.ClusterRoleList */
export interface ClusterRoleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ClusterRole[];
}

/** io.k8s.api.rbac.v1.PolicyRule */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** io.k8s.api.rbac.v1.Role */
export interface Role {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  rules?: PolicyRule[];
}

/** io.k8s.api.rbac.v1.RoleBinding */
export interface RoleBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subjects?: Subject[];
  roleRef: RoleRef;
}

/** io.k8s.api.rbac.v1.RoleBindingList */
export interface RoleBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RoleBinding[];
}

/** io.k8s.api.rbac.v1.RoleList */
export interface RoleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Role[];
}

/** io.k8s.api.rbac.v1.RoleRef */
export interface RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** io.k8s.api.rbac.v1.Subject */
export interface Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

/** io.k8s.api.rbac.v1alpha1.AggregationRule */
export interface RbacV1alpha1AggregationRule {
  clusterRoleSelectors?: LabelSelector[];
}

/** io.k8s.api.rbac.v1alpha1.ClusterRole */
export interface RbacV1alpha1ClusterRole {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  rules?: RbacV1alpha1PolicyRule[];
  aggregationRule?: RbacV1alpha1AggregationRule;
}

/** io.k8s.api.rbac.v1alpha1.ClusterRoleBinding */
export interface RbacV1alpha1ClusterRoleBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subjects?: RbacV1alpha1Subject[];
  roleRef: RbacV1alpha1RoleRef;
}

/** io.k8s.api.rbac.v1alpha1.ClusterRoleBindingList */
export interface RbacV1alpha1ClusterRoleBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1alpha1ClusterRoleBinding[];
}

/** io.k8s.api.rbac.v1alpha1.ClusterRoleList */
export interface RbacV1alpha1ClusterRoleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1alpha1ClusterRole[];
}

/** io.k8s.api.rbac.v1alpha1.PolicyRule */
export interface RbacV1alpha1PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** io.k8s.api.rbac.v1alpha1.Role */
export interface RbacV1alpha1Role {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  rules?: RbacV1alpha1PolicyRule[];
}

/** io.k8s.api.rbac.v1alpha1.RoleBinding */
export interface RbacV1alpha1RoleBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subjects?: RbacV1alpha1Subject[];
  roleRef: RbacV1alpha1RoleRef;
}

/** io.k8s.api.rbac.v1alpha1.RoleBindingList */
export interface RbacV1alpha1RoleBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1alpha1RoleBinding[];
}

/** io.k8s.api.rbac.v1alpha1.RoleList */
export interface RbacV1alpha1RoleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1alpha1Role[];
}

/** io.k8s.api.rbac.v1alpha1.RoleRef */
export interface RbacV1alpha1RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** io.k8s.api.rbac.v1alpha1.Subject */
export interface RbacV1alpha1Subject {
  kind: string;
  apiVersion?: string;
  name: string;
  namespace?: string;
}

/** io.k8s.api.rbac.v1beta1.AggregationRule */
export interface RbacV1beta1AggregationRule {
  clusterRoleSelectors?: LabelSelector[];
}

/** io.k8s.api.rbac.v1beta1.ClusterRole */
export interface RbacV1beta1ClusterRole {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  rules?: RbacV1beta1PolicyRule[];
  aggregationRule?: RbacV1beta1AggregationRule;
}

/** io.k8s.api.rbac.v1beta1.ClusterRoleBinding */
export interface RbacV1beta1ClusterRoleBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subjects?: RbacV1beta1Subject[];
  roleRef: RbacV1beta1RoleRef;
}

/** io.k8s.api.rbac.v1beta1.ClusterRoleBindingList */
export interface RbacV1beta1ClusterRoleBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1beta1ClusterRoleBinding[];
}

/** io.k8s.api.rbac.v1beta1.ClusterRoleList */
export interface RbacV1beta1ClusterRoleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1beta1ClusterRole[];
}

/** io.k8s.api.rbac.v1beta1.PolicyRule */
export interface RbacV1beta1PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** io.k8s.api.rbac.v1beta1.Role */
export interface RbacV1beta1Role {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  rules?: RbacV1beta1PolicyRule[];
}

/** io.k8s.api.rbac.v1beta1.RoleBinding */
export interface RbacV1beta1RoleBinding {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  subjects?: RbacV1beta1Subject[];
  roleRef: RbacV1beta1RoleRef;
}

/** io.k8s.api.rbac.v1beta1.RoleBindingList */
export interface RbacV1beta1RoleBindingList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1beta1RoleBinding[];
}

/** io.k8s.api.rbac.v1beta1.RoleList */
export interface RbacV1beta1RoleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: RbacV1beta1Role[];
}

/** io.k8s.api.rbac.v1beta1.RoleRef */
export interface RbacV1beta1RoleRef {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** io.k8s.api.rbac.v1beta1.Subject */
export interface RbacV1beta1Subject {
  kind: string;
  apiGroup?: string;
  name: string;
  namespace?: string;
}

/** io.k8s.api.resource.v1.AllocatedDeviceStatus */
export interface AllocatedDeviceStatus {
  driver: string;
  pool: string;
  device: string;
  shareID?: string;
  conditions?: Condition[];
  data?: RawExtension;
  networkData?: NetworkDeviceData;
}

/** io.k8s.api.resource.v1.AllocationResult */
export interface AllocationResult {
  devices?: DeviceAllocationResult;
  nodeSelector?: NodeSelector;
  allocationTimestamp?: Time;
}

/** io.k8s.api.resource.v1.CELDeviceSelector */
export interface CELDeviceSelector {
  expression: string;
}

/** io.k8s.api.resource.v1.CapacityRequestPolicy */
export interface CapacityRequestPolicy {
  default?: Quantity;
  validValues?: Quantity[];
  validRange?: CapacityRequestPolicyRange;
}

/** io.k8s.api.resource.v1.CapacityRequestPolicyRange */
export interface CapacityRequestPolicyRange {
  min: Quantity;
  max?: Quantity;
  step?: Quantity;
}

/** io.k8s.api.resource.v1.CapacityRequirements */
export interface CapacityRequirements {
  requests?: Record<string, Quantity>;
}

/** io.k8s.api.resource.v1.Counter */
export interface Counter {
  value: Quantity;
}

/** io.k8s.api.resource.v1.CounterSet */
export interface CounterSet {
  name: string;
  counters: Record<string, Counter>;
}

/** io.k8s.api.resource.v1.Device */
export interface Device {
  name: string;
  attributes?: Record<string, DeviceAttribute>;
  capacity?: Record<string, DeviceCapacity>;
  consumesCounters?: DeviceCounterConsumption[];
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
  taints?: DeviceTaint[];
  bindsToNode?: boolean;
  bindingConditions?: string[];
  bindingFailureConditions?: string[];
  allowMultipleAllocations?: boolean;
  nodeAllocatableResourceMappings?: Record<string, NodeAllocatableResourceMapping>;
}

/** io.k8s.api.resource.v1.DeviceAllocationConfiguration */
export interface DeviceAllocationConfiguration {
  source: string;
  requests?: string[];
  opaque?: OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1.DeviceAllocationResult */
export interface DeviceAllocationResult {
  results?: DeviceRequestAllocationResult[];
  config?: DeviceAllocationConfiguration[];
}

/** io.k8s.api.resource.v1.DeviceAttribute */
export interface DeviceAttribute {
  int?: number;
  bool?: boolean;
  string?: string;
  version?: string;
  ints?: number[];
  bools?: boolean[];
  strings?: string[];
  versions?: string[];
}

/** io.k8s.api.resource.v1.DeviceCapacity */
export interface DeviceCapacity {
  value: Quantity;
  requestPolicy?: CapacityRequestPolicy;
}

/** io.k8s.api.resource.v1.DeviceClaim */
export interface DeviceClaim {
  requests?: DeviceRequest[];
  constraints?: DeviceConstraint[];
  config?: DeviceClaimConfiguration[];
}

/** io.k8s.api.resource.v1.DeviceClaimConfiguration */
export interface DeviceClaimConfiguration {
  requests?: string[];
  opaque?: OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1.DeviceClass */
export interface DeviceClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: DeviceClassSpec;
}

/** io.k8s.api.resource.v1.DeviceClassConfiguration */
export interface DeviceClassConfiguration {
  opaque?: OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1.DeviceClassList */
export interface DeviceClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: DeviceClass[];
}

/** io.k8s.api.resource.v1.DeviceClassSpec */
export interface DeviceClassSpec {
  selectors?: DeviceSelector[];
  config?: DeviceClassConfiguration[];
  extendedResourceName?: string;
}

/** io.k8s.api.resource.v1.DeviceConfiguration */
export interface DeviceConfiguration {
  opaque?: OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1.DeviceConstraint */
export interface DeviceConstraint {
  requests?: string[];
  matchAttribute?: string;
  distinctAttribute?: string;
}

/** io.k8s.api.resource.v1.DeviceCounterConsumption */
export interface DeviceCounterConsumption {
  counterSet: string;
  counters: Record<string, Counter>;
}

/** io.k8s.api.resource.v1.DeviceRequest */
export interface DeviceRequest {
  name: string;
  exactly?: ExactDeviceRequest;
  firstAvailable?: DeviceSubRequest[];
}

/** io.k8s.api.resource.v1.DeviceRequestAllocationResult */
export interface DeviceRequestAllocationResult {
  request: string;
  driver: string;
  pool: string;
  device: string;
  adminAccess?: boolean;
  tolerations?: DeviceToleration[];
  bindingConditions?: string[];
  bindingFailureConditions?: string[];
  shareID?: string;
  consumedCapacity?: Record<string, Quantity>;
}

/** io.k8s.api.resource.v1.DeviceSelector */
export interface DeviceSelector {
  cel?: CELDeviceSelector;
}

/** io.k8s.api.resource.v1.DeviceSubRequest */
export interface DeviceSubRequest {
  name: string;
  deviceClassName: string;
  selectors?: DeviceSelector[];
  allocationMode?: string;
  count?: number;
  tolerations?: DeviceToleration[];
  capacity?: CapacityRequirements;
}

/** io.k8s.api.resource.v1.DeviceTaint */
export interface DeviceTaint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: Time;
}

/** io.k8s.api.resource.v1.DeviceToleration */
export interface DeviceToleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** io.k8s.api.resource.v1.ExactDeviceRequest */
export interface ExactDeviceRequest {
  deviceClassName: string;
  selectors?: DeviceSelector[];
  allocationMode?: string;
  count?: number;
  adminAccess?: boolean;
  tolerations?: DeviceToleration[];
  capacity?: CapacityRequirements;
}

/** io.k8s.api.resource.v1.NetworkDeviceData */
export interface NetworkDeviceData {
  interfaceName?: string;
  ips?: string[];
  hardwareAddress?: string;
}

/** io.k8s.api.resource.v1.NodeAllocatableResourceMapping */
export interface NodeAllocatableResourceMapping {
  capacityKey?: string;
  allocationMultiplier?: Quantity;
}

/** io.k8s.api.resource.v1.OpaqueDeviceConfiguration */
export interface OpaqueDeviceConfiguration {
  driver: string;
  parameters: RawExtension;
}

/** io.k8s.api.resource.v1.ResourceClaim */
export interface ResourceClaim {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceClaimSpec;
  status?: ResourceClaimStatus;
}

/** io.k8s.api.resource.v1.ResourceClaimConsumerReference */
export interface ResourceClaimConsumerReference {
  apiGroup?: string;
  resource: string;
  name: string;
  uid: string;
}

/** io.k8s.api.resource.v1.ResourceClaimList */
export interface ResourceClaimList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceClaim[];
}

/** io.k8s.api.resource.v1.ResourceClaimSpec */
export interface ResourceClaimSpec {
  devices?: DeviceClaim;
}

/** io.k8s.api.resource.v1.ResourceClaimStatus */
export interface ResourceClaimStatus {
  allocation?: AllocationResult;
  reservedFor?: ResourceClaimConsumerReference[];
  devices?: AllocatedDeviceStatus[];
}

/** io.k8s.api.resource.v1.ResourceClaimTemplate */
export interface ResourceClaimTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceClaimTemplateSpec;
}

/** io.k8s.api.resource.v1.ResourceClaimTemplateList */
export interface ResourceClaimTemplateList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceClaimTemplate[];
}

/** io.k8s.api.resource.v1.ResourceClaimTemplateSpec */
export interface ResourceClaimTemplateSpec {
  metadata?: ObjectMeta;
  spec: ResourceClaimSpec;
}

/** io.k8s.api.resource.v1.ResourcePool */
export interface ResourcePool {
  name: string;
  generation: number;
  resourceSliceCount: number;
}

/** io.k8s.api.resource.v1.ResourceSlice */
export interface ResourceSlice {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceSliceSpec;
}

/** io.k8s.api.resource.v1.ResourceSliceList */
export interface ResourceSliceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceSlice[];
}

/** io.k8s.api.resource.v1.ResourceSliceSpec */
export interface ResourceSliceSpec {
  driver: string;
  pool: ResourcePool;
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
  devices?: Device[];
  perDeviceNodeSelection?: boolean;
  sharedCounters?: CounterSet[];
}

/** io.k8s.api.resource.v1alpha3.CELDeviceSelector */
export interface ResourceV1alpha3CELDeviceSelector {
  expression: string;
}

/** io.k8s.api.resource.v1alpha3.DeviceSelector */
export interface ResourceV1alpha3DeviceSelector {
  cel?: ResourceV1alpha3CELDeviceSelector;
}

/** io.k8s.api.resource.v1alpha3.DeviceTaint */
export interface ResourceV1alpha3DeviceTaint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: Time;
}

/** io.k8s.api.resource.v1alpha3.DeviceTaintRule */
export interface ResourceV1alpha3DeviceTaintRule {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1alpha3DeviceTaintRuleSpec;
  status?: ResourceV1alpha3DeviceTaintRuleStatus;
}

/** io.k8s.api.resource.v1alpha3.DeviceTaintRuleList */
export interface ResourceV1alpha3DeviceTaintRuleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1alpha3DeviceTaintRule[];
}

/** io.k8s.api.resource.v1alpha3.DeviceTaintRuleSpec */
export interface ResourceV1alpha3DeviceTaintRuleSpec {
  deviceSelector?: ResourceV1alpha3DeviceTaintSelector;
  taint: ResourceV1alpha3DeviceTaint;
}

/** io.k8s.api.resource.v1alpha3.DeviceTaintRuleStatus */
export interface ResourceV1alpha3DeviceTaintRuleStatus {
  conditions?: Condition[];
}

/** io.k8s.api.resource.v1alpha3.DeviceTaintSelector */
export interface ResourceV1alpha3DeviceTaintSelector {
  driver?: string;
  pool?: string;
  device?: string;
}

/** io.k8s.api.resource.v1alpha3.PoolStatus */
export interface PoolStatus {
  driver: string;
  poolName: string;
  generation: number;
  resourceSliceCount?: number;
  totalDevices?: number;
  allocatedDevices?: number;
  availableDevices?: number;
  unavailableDevices?: number;
  nodeName?: string;
  validationError?: string;
}

/** io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest */
export interface ResourcePoolStatusRequest {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourcePoolStatusRequestSpec;
  status?: ResourcePoolStatusRequestStatus;
}

/** io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequestList */
export interface ResourcePoolStatusRequestList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourcePoolStatusRequest[];
}

/** io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequestSpec */
export interface ResourcePoolStatusRequestSpec {
  driver: string;
  poolName?: string;
  limit?: number;
}

/** io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequestStatus */
export interface ResourcePoolStatusRequestStatus {
  poolCount: number;
  pools?: PoolStatus[];
  conditions?: Condition[];
}

/** io.k8s.api.resource.v1beta1.AllocatedDeviceStatus */
export interface ResourceV1beta1AllocatedDeviceStatus {
  driver: string;
  pool: string;
  device: string;
  shareID?: string;
  conditions?: Condition[];
  data?: RawExtension;
  networkData?: ResourceV1beta1NetworkDeviceData;
}

/** io.k8s.api.resource.v1beta1.AllocationResult */
export interface ResourceV1beta1AllocationResult {
  devices?: ResourceV1beta1DeviceAllocationResult;
  nodeSelector?: NodeSelector;
  allocationTimestamp?: Time;
}

/** io.k8s.api.resource.v1beta1.BasicDevice */
export interface BasicDevice {
  attributes?: Record<string, ResourceV1beta1DeviceAttribute>;
  capacity?: Record<string, ResourceV1beta1DeviceCapacity>;
  consumesCounters?: ResourceV1beta1DeviceCounterConsumption[];
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
  taints?: ResourceV1beta1DeviceTaint[];
  bindsToNode?: boolean;
  bindingConditions?: string[];
  bindingFailureConditions?: string[];
  allowMultipleAllocations?: boolean;
  nodeAllocatableResourceMappings?: Record<string, ResourceV1beta1NodeAllocatableResourceMapping>;
}

/** io.k8s.api.resource.v1beta1.CELDeviceSelector */
export interface ResourceV1beta1CELDeviceSelector {
  expression: string;
}

/** io.k8s.api.resource.v1beta1.CapacityRequestPolicy */
export interface ResourceV1beta1CapacityRequestPolicy {
  default?: Quantity;
  validValues?: Quantity[];
  validRange?: ResourceV1beta1CapacityRequestPolicyRange;
}

/** io.k8s.api.resource.v1beta1.CapacityRequestPolicyRange */
export interface ResourceV1beta1CapacityRequestPolicyRange {
  min: Quantity;
  max?: Quantity;
  step?: Quantity;
}

/** io.k8s.api.resource.v1beta1.CapacityRequirements */
export interface ResourceV1beta1CapacityRequirements {
  requests?: Record<string, Quantity>;
}

/** io.k8s.api.resource.v1beta1.Counter */
export interface ResourceV1beta1Counter {
  value: Quantity;
}

/** io.k8s.api.resource.v1beta1.CounterSet */
export interface ResourceV1beta1CounterSet {
  name: string;
  counters: Record<string, ResourceV1beta1Counter>;
}

/** io.k8s.api.resource.v1beta1.Device */
export interface ResourceV1beta1Device {
  name: string;
  basic?: BasicDevice;
}

/** io.k8s.api.resource.v1beta1.DeviceAllocationConfiguration */
export interface ResourceV1beta1DeviceAllocationConfiguration {
  source: string;
  requests?: string[];
  opaque?: ResourceV1beta1OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta1.DeviceAllocationResult */
export interface ResourceV1beta1DeviceAllocationResult {
  results?: ResourceV1beta1DeviceRequestAllocationResult[];
  config?: ResourceV1beta1DeviceAllocationConfiguration[];
}

/** io.k8s.api.resource.v1beta1.DeviceAttribute */
export interface ResourceV1beta1DeviceAttribute {
  int?: number;
  bool?: boolean;
  string?: string;
  version?: string;
  ints?: number[];
  bools?: boolean[];
  strings?: string[];
  versions?: string[];
}

/** io.k8s.api.resource.v1beta1.DeviceCapacity */
export interface ResourceV1beta1DeviceCapacity {
  value: Quantity;
  requestPolicy?: ResourceV1beta1CapacityRequestPolicy;
}

/** io.k8s.api.resource.v1beta1.DeviceClaim */
export interface ResourceV1beta1DeviceClaim {
  requests?: ResourceV1beta1DeviceRequest[];
  constraints?: ResourceV1beta1DeviceConstraint[];
  config?: ResourceV1beta1DeviceClaimConfiguration[];
}

/** io.k8s.api.resource.v1beta1.DeviceClaimConfiguration */
export interface ResourceV1beta1DeviceClaimConfiguration {
  requests?: string[];
  opaque?: ResourceV1beta1OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta1.DeviceClass */
export interface ResourceV1beta1DeviceClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta1DeviceClassSpec;
}

/** io.k8s.api.resource.v1beta1.DeviceClassConfiguration */
export interface ResourceV1beta1DeviceClassConfiguration {
  opaque?: ResourceV1beta1OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta1.DeviceClassList */
export interface ResourceV1beta1DeviceClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta1DeviceClass[];
}

/** io.k8s.api.resource.v1beta1.DeviceClassSpec */
export interface ResourceV1beta1DeviceClassSpec {
  selectors?: ResourceV1beta1DeviceSelector[];
  config?: ResourceV1beta1DeviceClassConfiguration[];
  extendedResourceName?: string;
}

/** io.k8s.api.resource.v1beta1.DeviceConfiguration */
export interface ResourceV1beta1DeviceConfiguration {
  opaque?: ResourceV1beta1OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta1.DeviceConstraint */
export interface ResourceV1beta1DeviceConstraint {
  requests?: string[];
  matchAttribute?: string;
  distinctAttribute?: string;
}

/** io.k8s.api.resource.v1beta1.DeviceCounterConsumption */
export interface ResourceV1beta1DeviceCounterConsumption {
  counterSet: string;
  counters: Record<string, ResourceV1beta1Counter>;
}

/** io.k8s.api.resource.v1beta1.DeviceRequest */
export interface ResourceV1beta1DeviceRequest {
  name: string;
  deviceClassName?: string;
  selectors?: ResourceV1beta1DeviceSelector[];
  allocationMode?: string;
  count?: number;
  adminAccess?: boolean;
  firstAvailable?: ResourceV1beta1DeviceSubRequest[];
  tolerations?: ResourceV1beta1DeviceToleration[];
  capacity?: ResourceV1beta1CapacityRequirements;
}

/** io.k8s.api.resource.v1beta1.DeviceRequestAllocationResult */
export interface ResourceV1beta1DeviceRequestAllocationResult {
  request: string;
  driver: string;
  pool: string;
  device: string;
  adminAccess?: boolean;
  tolerations?: ResourceV1beta1DeviceToleration[];
  bindingConditions?: string[];
  bindingFailureConditions?: string[];
  shareID?: string;
  consumedCapacity?: Record<string, Quantity>;
}

/** io.k8s.api.resource.v1beta1.DeviceSelector */
export interface ResourceV1beta1DeviceSelector {
  cel?: ResourceV1beta1CELDeviceSelector;
}

/** io.k8s.api.resource.v1beta1.DeviceSubRequest */
export interface ResourceV1beta1DeviceSubRequest {
  name: string;
  deviceClassName: string;
  selectors?: ResourceV1beta1DeviceSelector[];
  allocationMode?: string;
  count?: number;
  tolerations?: ResourceV1beta1DeviceToleration[];
  capacity?: ResourceV1beta1CapacityRequirements;
}

/** io.k8s.api.resource.v1beta1.DeviceTaint */
export interface ResourceV1beta1DeviceTaint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: Time;
}

/** io.k8s.api.resource.v1beta1.DeviceToleration */
export interface ResourceV1beta1DeviceToleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** io.k8s.api.resource.v1beta1.NetworkDeviceData */
export interface ResourceV1beta1NetworkDeviceData {
  interfaceName?: string;
  ips?: string[];
  hardwareAddress?: string;
}

/** io.k8s.api.resource.v1beta1.NodeAllocatableResourceMapping */
export interface ResourceV1beta1NodeAllocatableResourceMapping {
  capacityKey?: string;
  allocationMultiplier?: Quantity;
}

/** io.k8s.api.resource.v1beta1.OpaqueDeviceConfiguration */
export interface ResourceV1beta1OpaqueDeviceConfiguration {
  driver: string;
  parameters: RawExtension;
}

/** io.k8s.api.resource.v1beta1.ResourceClaim */
export interface ResourceV1beta1ResourceClaim {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta1ResourceClaimSpec;
  status?: ResourceV1beta1ResourceClaimStatus;
}

/** io.k8s.api.resource.v1beta1.ResourceClaimConsumerReference */
export interface ResourceV1beta1ResourceClaimConsumerReference {
  apiGroup?: string;
  resource: string;
  name: string;
  uid: string;
}

/** io.k8s.api.resource.v1beta1.ResourceClaimList */
export interface ResourceV1beta1ResourceClaimList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta1ResourceClaim[];
}

/** io.k8s.api.resource.v1beta1.ResourceClaimSpec */
export interface ResourceV1beta1ResourceClaimSpec {
  devices?: ResourceV1beta1DeviceClaim;
}

/** io.k8s.api.resource.v1beta1.ResourceClaimStatus */
export interface ResourceV1beta1ResourceClaimStatus {
  allocation?: ResourceV1beta1AllocationResult;
  reservedFor?: ResourceV1beta1ResourceClaimConsumerReference[];
  devices?: ResourceV1beta1AllocatedDeviceStatus[];
}

/** io.k8s.api.resource.v1beta1.ResourceClaimTemplate */
export interface ResourceV1beta1ResourceClaimTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta1ResourceClaimTemplateSpec;
}

/** io.k8s.api.resource.v1beta1.ResourceClaimTemplateList */
export interface ResourceV1beta1ResourceClaimTemplateList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta1ResourceClaimTemplate[];
}

/** io.k8s.api.resource.v1beta1.ResourceClaimTemplateSpec */
export interface ResourceV1beta1ResourceClaimTemplateSpec {
  metadata?: ObjectMeta;
  spec: ResourceV1beta1ResourceClaimSpec;
}

/** io.k8s.api.resource.v1beta1.ResourcePool */
export interface ResourceV1beta1ResourcePool {
  name: string;
  generation: number;
  resourceSliceCount: number;
}

/** io.k8s.api.resource.v1beta1.ResourceSlice */
export interface ResourceV1beta1ResourceSlice {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta1ResourceSliceSpec;
}

/** io.k8s.api.resource.v1beta1.ResourceSliceList */
export interface ResourceV1beta1ResourceSliceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta1ResourceSlice[];
}

/** io.k8s.api.resource.v1beta1.ResourceSliceSpec */
export interface ResourceV1beta1ResourceSliceSpec {
  driver: string;
  pool: ResourceV1beta1ResourcePool;
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
  devices?: ResourceV1beta1Device[];
  perDeviceNodeSelection?: boolean;
  sharedCounters?: ResourceV1beta1CounterSet[];
}

/** io.k8s.api.resource.v1beta2.AllocatedDeviceStatus */
export interface ResourceV1beta2AllocatedDeviceStatus {
  driver: string;
  pool: string;
  device: string;
  shareID?: string;
  conditions?: Condition[];
  data?: RawExtension;
  networkData?: ResourceV1beta2NetworkDeviceData;
}

/** io.k8s.api.resource.v1beta2.AllocationResult */
export interface ResourceV1beta2AllocationResult {
  devices?: ResourceV1beta2DeviceAllocationResult;
  nodeSelector?: NodeSelector;
  allocationTimestamp?: Time;
}

/** io.k8s.api.resource.v1beta2.CELDeviceSelector */
export interface ResourceV1beta2CELDeviceSelector {
  expression: string;
}

/** io.k8s.api.resource.v1beta2.CapacityRequestPolicy */
export interface ResourceV1beta2CapacityRequestPolicy {
  default?: Quantity;
  validValues?: Quantity[];
  validRange?: ResourceV1beta2CapacityRequestPolicyRange;
}

/** io.k8s.api.resource.v1beta2.CapacityRequestPolicyRange */
export interface ResourceV1beta2CapacityRequestPolicyRange {
  min: Quantity;
  max?: Quantity;
  step?: Quantity;
}

/** io.k8s.api.resource.v1beta2.CapacityRequirements */
export interface ResourceV1beta2CapacityRequirements {
  requests?: Record<string, Quantity>;
}

/** io.k8s.api.resource.v1beta2.Counter */
export interface ResourceV1beta2Counter {
  value: Quantity;
}

/** io.k8s.api.resource.v1beta2.CounterSet */
export interface ResourceV1beta2CounterSet {
  name: string;
  counters: Record<string, ResourceV1beta2Counter>;
}

/** io.k8s.api.resource.v1beta2.Device */
export interface ResourceV1beta2Device {
  name: string;
  attributes?: Record<string, ResourceV1beta2DeviceAttribute>;
  capacity?: Record<string, ResourceV1beta2DeviceCapacity>;
  consumesCounters?: ResourceV1beta2DeviceCounterConsumption[];
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
  taints?: ResourceV1beta2DeviceTaint[];
  bindsToNode?: boolean;
  bindingConditions?: string[];
  bindingFailureConditions?: string[];
  allowMultipleAllocations?: boolean;
  nodeAllocatableResourceMappings?: Record<string, ResourceV1beta2NodeAllocatableResourceMapping>;
}

/** io.k8s.api.resource.v1beta2.DeviceAllocationConfiguration */
export interface ResourceV1beta2DeviceAllocationConfiguration {
  source: string;
  requests?: string[];
  opaque?: ResourceV1beta2OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta2.DeviceAllocationResult */
export interface ResourceV1beta2DeviceAllocationResult {
  results?: ResourceV1beta2DeviceRequestAllocationResult[];
  config?: ResourceV1beta2DeviceAllocationConfiguration[];
}

/** io.k8s.api.resource.v1beta2.DeviceAttribute */
export interface ResourceV1beta2DeviceAttribute {
  int?: number;
  bool?: boolean;
  string?: string;
  version?: string;
  ints?: number[];
  bools?: boolean[];
  strings?: string[];
  versions?: string[];
}

/** io.k8s.api.resource.v1beta2.DeviceCapacity */
export interface ResourceV1beta2DeviceCapacity {
  value: Quantity;
  requestPolicy?: ResourceV1beta2CapacityRequestPolicy;
}

/** io.k8s.api.resource.v1beta2.DeviceClaim */
export interface ResourceV1beta2DeviceClaim {
  requests?: ResourceV1beta2DeviceRequest[];
  constraints?: ResourceV1beta2DeviceConstraint[];
  config?: ResourceV1beta2DeviceClaimConfiguration[];
}

/** io.k8s.api.resource.v1beta2.DeviceClaimConfiguration */
export interface ResourceV1beta2DeviceClaimConfiguration {
  requests?: string[];
  opaque?: ResourceV1beta2OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta2.DeviceClass */
export interface ResourceV1beta2DeviceClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta2DeviceClassSpec;
}

/** io.k8s.api.resource.v1beta2.DeviceClassConfiguration */
export interface ResourceV1beta2DeviceClassConfiguration {
  opaque?: ResourceV1beta2OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta2.DeviceClassList */
export interface ResourceV1beta2DeviceClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta2DeviceClass[];
}

/** io.k8s.api.resource.v1beta2.DeviceClassSpec */
export interface ResourceV1beta2DeviceClassSpec {
  selectors?: ResourceV1beta2DeviceSelector[];
  config?: ResourceV1beta2DeviceClassConfiguration[];
  extendedResourceName?: string;
}

/** io.k8s.api.resource.v1beta2.DeviceConfiguration */
export interface ResourceV1beta2DeviceConfiguration {
  opaque?: ResourceV1beta2OpaqueDeviceConfiguration;
}

/** io.k8s.api.resource.v1beta2.DeviceConstraint */
export interface ResourceV1beta2DeviceConstraint {
  requests?: string[];
  matchAttribute?: string;
  distinctAttribute?: string;
}

/** io.k8s.api.resource.v1beta2.DeviceCounterConsumption */
export interface ResourceV1beta2DeviceCounterConsumption {
  counterSet: string;
  counters: Record<string, ResourceV1beta2Counter>;
}

/** io.k8s.api.resource.v1beta2.DeviceRequest */
export interface ResourceV1beta2DeviceRequest {
  name: string;
  exactly?: ResourceV1beta2ExactDeviceRequest;
  firstAvailable?: ResourceV1beta2DeviceSubRequest[];
}

/** io.k8s.api.resource.v1beta2.DeviceRequestAllocationResult */
export interface ResourceV1beta2DeviceRequestAllocationResult {
  request: string;
  driver: string;
  pool: string;
  device: string;
  adminAccess?: boolean;
  tolerations?: ResourceV1beta2DeviceToleration[];
  bindingConditions?: string[];
  bindingFailureConditions?: string[];
  shareID?: string;
  consumedCapacity?: Record<string, Quantity>;
}

/** io.k8s.api.resource.v1beta2.DeviceSelector */
export interface ResourceV1beta2DeviceSelector {
  cel?: ResourceV1beta2CELDeviceSelector;
}

/** io.k8s.api.resource.v1beta2.DeviceSubRequest */
export interface ResourceV1beta2DeviceSubRequest {
  name: string;
  deviceClassName: string;
  selectors?: ResourceV1beta2DeviceSelector[];
  allocationMode?: string;
  count?: number;
  tolerations?: ResourceV1beta2DeviceToleration[];
  capacity?: ResourceV1beta2CapacityRequirements;
}

/** io.k8s.api.resource.v1beta2.DeviceTaint */
export interface ResourceV1beta2DeviceTaint {
  key: string;
  value?: string;
  effect: string;
  timeAdded?: Time;
}

/** io.k8s.api.resource.v1beta2.DeviceTaintRule */
export interface DeviceTaintRule {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: DeviceTaintRuleSpec;
  status?: DeviceTaintRuleStatus;
}

/** io.k8s.api.resource.v1beta2.DeviceTaintRuleList */
export interface DeviceTaintRuleList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: DeviceTaintRule[];
}

/** io.k8s.api.resource.v1beta2.DeviceTaintRuleSpec */
export interface DeviceTaintRuleSpec {
  deviceSelector?: DeviceTaintSelector;
  taint: ResourceV1beta2DeviceTaint;
}

/** io.k8s.api.resource.v1beta2.DeviceTaintRuleStatus */
export interface DeviceTaintRuleStatus {
  conditions?: Condition[];
}

/** io.k8s.api.resource.v1beta2.DeviceTaintSelector */
export interface DeviceTaintSelector {
  driver?: string;
  pool?: string;
  device?: string;
}

/** io.k8s.api.resource.v1beta2.DeviceToleration */
export interface ResourceV1beta2DeviceToleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

/** io.k8s.api.resource.v1beta2.ExactDeviceRequest */
export interface ResourceV1beta2ExactDeviceRequest {
  deviceClassName: string;
  selectors?: ResourceV1beta2DeviceSelector[];
  allocationMode?: string;
  count?: number;
  adminAccess?: boolean;
  tolerations?: ResourceV1beta2DeviceToleration[];
  capacity?: ResourceV1beta2CapacityRequirements;
}

/** io.k8s.api.resource.v1beta2.NetworkDeviceData */
export interface ResourceV1beta2NetworkDeviceData {
  interfaceName?: string;
  ips?: string[];
  hardwareAddress?: string;
}

/** io.k8s.api.resource.v1beta2.NodeAllocatableResourceMapping */
export interface ResourceV1beta2NodeAllocatableResourceMapping {
  capacityKey?: string;
  allocationMultiplier?: Quantity;
}

/** io.k8s.api.resource.v1beta2.OpaqueDeviceConfiguration */
export interface ResourceV1beta2OpaqueDeviceConfiguration {
  driver: string;
  parameters: RawExtension;
}

/** io.k8s.api.resource.v1beta2.ResourceClaim */
export interface ResourceV1beta2ResourceClaim {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta2ResourceClaimSpec;
  status?: ResourceV1beta2ResourceClaimStatus;
}

/** io.k8s.api.resource.v1beta2.ResourceClaimConsumerReference */
export interface ResourceV1beta2ResourceClaimConsumerReference {
  apiGroup?: string;
  resource: string;
  name: string;
  uid: string;
}

/** io.k8s.api.resource.v1beta2.ResourceClaimList */
export interface ResourceV1beta2ResourceClaimList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta2ResourceClaim[];
}

/** io.k8s.api.resource.v1beta2.ResourceClaimSpec */
export interface ResourceV1beta2ResourceClaimSpec {
  devices?: ResourceV1beta2DeviceClaim;
}

/** io.k8s.api.resource.v1beta2.ResourceClaimStatus */
export interface ResourceV1beta2ResourceClaimStatus {
  allocation?: ResourceV1beta2AllocationResult;
  reservedFor?: ResourceV1beta2ResourceClaimConsumerReference[];
  devices?: ResourceV1beta2AllocatedDeviceStatus[];
}

/** io.k8s.api.resource.v1beta2.ResourceClaimTemplate */
export interface ResourceV1beta2ResourceClaimTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta2ResourceClaimTemplateSpec;
}

/** io.k8s.api.resource.v1beta2.ResourceClaimTemplateList */
export interface ResourceV1beta2ResourceClaimTemplateList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta2ResourceClaimTemplate[];
}

/** io.k8s.api.resource.v1beta2.ResourceClaimTemplateSpec */
export interface ResourceV1beta2ResourceClaimTemplateSpec {
  metadata?: ObjectMeta;
  spec: ResourceV1beta2ResourceClaimSpec;
}

/** io.k8s.api.resource.v1beta2.ResourcePool */
export interface ResourceV1beta2ResourcePool {
  name: string;
  generation: number;
  resourceSliceCount: number;
}

/** io.k8s.api.resource.v1beta2.ResourceSlice */
export interface ResourceV1beta2ResourceSlice {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ResourceV1beta2ResourceSliceSpec;
}

/** io.k8s.api.resource.v1beta2.ResourceSliceList */
export interface ResourceV1beta2ResourceSliceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ResourceV1beta2ResourceSlice[];
}

/** io.k8s.api.resource.v1beta2.ResourceSliceSpec */
export interface ResourceV1beta2ResourceSliceSpec {
  driver: string;
  pool: ResourceV1beta2ResourcePool;
  nodeName?: string;
  nodeSelector?: NodeSelector;
  allNodes?: boolean;
  devices?: ResourceV1beta2Device[];
  perDeviceNodeSelection?: boolean;
  sharedCounters?: ResourceV1beta2CounterSet[];
}

/** io.k8s.api.scheduling.v1.PriorityClass */
export interface PriorityClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  value?: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: string;
}

/** io.k8s.api.scheduling.v1.PriorityClassList */
export interface PriorityClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PriorityClass[];
}

/** io.k8s.api.scheduling.v1alpha1.PriorityClass */
export interface SchedulingV1alpha1PriorityClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  value: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: string;
}

/** io.k8s.api.scheduling.v1alpha1.PriorityClassList */
export interface SchedulingV1alpha1PriorityClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: SchedulingV1alpha1PriorityClass[];
}

/** io.k8s.api.scheduling.v1alpha2.BasicSchedulingPolicy */
export interface BasicSchedulingPolicy {}

/** io.k8s.api.scheduling.v1alpha2.GangSchedulingPolicy */
export interface GangSchedulingPolicy {
  minCount: number;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroup */
export interface PodGroup {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: PodGroupSpec;
  status?: PodGroupStatus;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupList */
export interface PodGroupList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PodGroup[];
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupResourceClaim */
export interface PodGroupResourceClaim {
  name: string;
  resourceClaimName?: string;
  resourceClaimTemplateName?: string;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupResourceClaimStatus */
export interface PodGroupResourceClaimStatus {
  name: string;
  resourceClaimName?: string;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupSchedulingConstraints */
export interface PodGroupSchedulingConstraints {
  topology?: TopologyConstraint[];
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupSchedulingPolicy */
export interface PodGroupSchedulingPolicy {
  basic?: BasicSchedulingPolicy;
  gang?: GangSchedulingPolicy;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupSpec */
export interface PodGroupSpec {
  podGroupTemplateRef?: PodGroupTemplateReference;
  schedulingPolicy: PodGroupSchedulingPolicy;
  schedulingConstraints?: PodGroupSchedulingConstraints;
  resourceClaims?: PodGroupResourceClaim[];
  disruptionMode?: string;
  priorityClassName?: string;
  priority?: number;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupStatus */
export interface PodGroupStatus {
  conditions?: Condition[];
  resourceClaimStatuses?: PodGroupResourceClaimStatus[];
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupTemplate */
export interface PodGroupTemplate {
  name: string;
  schedulingPolicy: PodGroupSchedulingPolicy;
  schedulingConstraints?: PodGroupSchedulingConstraints;
  resourceClaims?: PodGroupResourceClaim[];
  disruptionMode?: string;
  priorityClassName?: string;
  priority?: number;
}

/** io.k8s.api.scheduling.v1alpha2.PodGroupTemplateReference */
export interface PodGroupTemplateReference {
  workload?: WorkloadPodGroupTemplateReference;
}

/** io.k8s.api.scheduling.v1alpha2.TopologyConstraint */
export interface TopologyConstraint {
  key: string;
}

/** io.k8s.api.scheduling.v1alpha2.TypedLocalObjectReference */
export interface SchedulingV1alpha2TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** io.k8s.api.scheduling.v1alpha2.Workload */
export interface Workload {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: WorkloadSpec;
}

/** io.k8s.api.scheduling.v1alpha2.WorkloadList */
export interface WorkloadList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: Workload[];
}

/** io.k8s.api.scheduling.v1alpha2.WorkloadPodGroupTemplateReference */
export interface WorkloadPodGroupTemplateReference {
  workloadName: string;
  podGroupTemplateName: string;
}

/** io.k8s.api.scheduling.v1alpha2.WorkloadSpec */
export interface WorkloadSpec {
  controllerRef?: SchedulingV1alpha2TypedLocalObjectReference;
  podGroupTemplates: PodGroupTemplate[];
}

/** io.k8s.api.scheduling.v1beta1.PriorityClass */
export interface SchedulingV1beta1PriorityClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  value?: number;
  globalDefault?: boolean;
  description?: string;
  preemptionPolicy?: string;
}

/** io.k8s.api.scheduling.v1beta1.PriorityClassList */
export interface SchedulingV1beta1PriorityClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: SchedulingV1beta1PriorityClass[];
}

/** io.k8s.api.storage.v1.CSIDriver */
export interface CSIDriver {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CSIDriverSpec;
}

/** io.k8s.api.storage.v1.CSIDriverList */
export interface CSIDriverList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CSIDriver[];
}

/** io.k8s.api.storage.v1.CSIDriverSpec */
export interface CSIDriverSpec {
  attachRequired?: boolean;
  podInfoOnMount?: boolean;
  volumeLifecycleModes?: string[];
  storageCapacity?: boolean;
  fsGroupPolicy?: string;
  tokenRequests?: StorageV1TokenRequest[];
  requiresRepublish?: boolean;
  seLinuxMount?: boolean;
  nodeAllocatableUpdatePeriodSeconds?: number;
  serviceAccountTokenInSecrets?: boolean;
  preventPodSchedulingIfMissing?: boolean;
}

/** io.k8s.api.storage.v1.CSINode */
export interface CSINode {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CSINodeSpec;
}

/** io.k8s.api.storage.v1.CSINodeDriver */
export interface CSINodeDriver {
  name: string;
  nodeID: string;
  topologyKeys?: string[];
  allocatable?: VolumeNodeResources;
}

/** io.k8s.api.storage.v1.CSINodeList */
export interface CSINodeList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CSINode[];
}

/** io.k8s.api.storage.v1.CSINodeSpec */
export interface CSINodeSpec {
  drivers: CSINodeDriver[];
}

/** io.k8s.api.storage.v1.CSIStorageCapacity */
export interface CSIStorageCapacity {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector;
  storageClassName: string;
  capacity?: Quantity;
  maximumVolumeSize?: Quantity;
}

/** io.k8s.api.storage.v1.CSIStorageCapacityList */
export interface CSIStorageCapacityList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CSIStorageCapacity[];
}

/** io.k8s.api.storage.v1.StorageClass */
export interface StorageClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  provisioner: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  mountOptions?: string[];
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
  allowedTopologies?: TopologySelectorTerm[];
}

/** io.k8s.api.storage.v1.StorageClassList */
export interface StorageClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageClass[];
}

/** io.k8s.api.storage.v1.TokenRequest */
export interface StorageV1TokenRequest {
  audience: string;
  expirationSeconds?: number;
}

/** io.k8s.api.storage.v1.VolumeAttachment */
export interface VolumeAttachment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VolumeAttachmentSpec;
  status?: VolumeAttachmentStatus;
}

/** io.k8s.api.storage.v1.VolumeAttachmentList */
export interface VolumeAttachmentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: VolumeAttachment[];
}

/** io.k8s.api.storage.v1.VolumeAttachmentSource */
export interface VolumeAttachmentSource {
  persistentVolumeName?: string;
  inlineVolumeSpec?: PersistentVolumeSpec;
}

/** io.k8s.api.storage.v1.VolumeAttachmentSpec */
export interface VolumeAttachmentSpec {
  attacher: string;
  source: VolumeAttachmentSource;
  nodeName: string;
}

/** io.k8s.api.storage.v1.VolumeAttachmentStatus */
export interface VolumeAttachmentStatus {
  attached: boolean;
  attachmentMetadata?: Record<string, string>;
  attachError?: VolumeError;
  detachError?: VolumeError;
}

/** io.k8s.api.storage.v1.VolumeAttributesClass */
export interface VolumeAttributesClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  driverName: string;
  parameters?: Record<string, string>;
}

/** io.k8s.api.storage.v1.VolumeAttributesClassList */
export interface VolumeAttributesClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: VolumeAttributesClass[];
}

/** io.k8s.api.storage.v1.VolumeError */
export interface VolumeError {
  time?: Time;
  message?: string;
  errorCode?: number;
}

/** io.k8s.api.storage.v1.VolumeNodeResources */
export interface VolumeNodeResources {
  count?: number;
}

/** io.k8s.api.storage.v1alpha1.CSIStorageCapacity */
export interface StorageV1alpha1CSIStorageCapacity {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector;
  storageClassName: string;
  capacity?: Quantity;
  maximumVolumeSize?: Quantity;
}

/** io.k8s.api.storage.v1alpha1.CSIStorageCapacityList */
export interface StorageV1alpha1CSIStorageCapacityList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1alpha1CSIStorageCapacity[];
}

/** io.k8s.api.storage.v1alpha1.VolumeAttachment */
export interface StorageV1alpha1VolumeAttachment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: StorageV1alpha1VolumeAttachmentSpec;
  status?: StorageV1alpha1VolumeAttachmentStatus;
}

/** io.k8s.api.storage.v1alpha1.VolumeAttachmentList */
export interface StorageV1alpha1VolumeAttachmentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1alpha1VolumeAttachment[];
}

/** io.k8s.api.storage.v1alpha1.VolumeAttachmentSource */
export interface StorageV1alpha1VolumeAttachmentSource {
  persistentVolumeName?: string;
  inlineVolumeSpec?: PersistentVolumeSpec;
}

/** io.k8s.api.storage.v1alpha1.VolumeAttachmentSpec */
export interface StorageV1alpha1VolumeAttachmentSpec {
  attacher: string;
  source: StorageV1alpha1VolumeAttachmentSource;
  nodeName: string;
}

/** io.k8s.api.storage.v1alpha1.VolumeAttachmentStatus */
export interface StorageV1alpha1VolumeAttachmentStatus {
  attached: boolean;
  attachmentMetadata?: Record<string, string>;
  attachError?: StorageV1alpha1VolumeError;
  detachError?: StorageV1alpha1VolumeError;
}

/** io.k8s.api.storage.v1alpha1.VolumeAttributesClass */
export interface StorageV1alpha1VolumeAttributesClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  driverName: string;
  parameters?: Record<string, string>;
}

/** io.k8s.api.storage.v1alpha1.VolumeAttributesClassList */
export interface StorageV1alpha1VolumeAttributesClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1alpha1VolumeAttributesClass[];
}

/** io.k8s.api.storage.v1alpha1.VolumeError */
export interface StorageV1alpha1VolumeError {
  time?: Time;
  message?: string;
  errorCode?: number;
}

/** io.k8s.api.storage.v1beta1.CSIDriver */
export interface StorageV1beta1CSIDriver {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: StorageV1beta1CSIDriverSpec;
}

/** io.k8s.api.storage.v1beta1.CSIDriverList */
export interface StorageV1beta1CSIDriverList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1beta1CSIDriver[];
}

/** io.k8s.api.storage.v1beta1.CSIDriverSpec */
export interface StorageV1beta1CSIDriverSpec {
  attachRequired?: boolean;
  podInfoOnMount?: boolean;
  volumeLifecycleModes?: string[];
  storageCapacity?: boolean;
  fsGroupPolicy?: string;
  tokenRequests?: StorageV1beta1TokenRequest[];
  requiresRepublish?: boolean;
  seLinuxMount?: boolean;
  nodeAllocatableUpdatePeriodSeconds?: number;
  serviceAccountTokenInSecrets?: boolean;
  preventPodSchedulingIfMissing?: boolean;
}

/** io.k8s.api.storage.v1beta1.CSINode */
export interface StorageV1beta1CSINode {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: StorageV1beta1CSINodeSpec;
}

/** io.k8s.api.storage.v1beta1.CSINodeDriver */
export interface StorageV1beta1CSINodeDriver {
  name: string;
  nodeID: string;
  topologyKeys?: string[];
  allocatable?: StorageV1beta1VolumeNodeResources;
}

/** io.k8s.api.storage.v1beta1.CSINodeList */
export interface StorageV1beta1CSINodeList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1beta1CSINode[];
}

/** io.k8s.api.storage.v1beta1.CSINodeSpec */
export interface StorageV1beta1CSINodeSpec {
  drivers: StorageV1beta1CSINodeDriver[];
}

/** io.k8s.api.storage.v1beta1.CSIStorageCapacity */
export interface StorageV1beta1CSIStorageCapacity {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  nodeTopology?: LabelSelector;
  storageClassName: string;
  capacity?: Quantity;
  maximumVolumeSize?: Quantity;
}

/** io.k8s.api.storage.v1beta1.CSIStorageCapacityList */
export interface StorageV1beta1CSIStorageCapacityList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1beta1CSIStorageCapacity[];
}

/** io.k8s.api.storage.v1beta1.StorageClass */
export interface StorageV1beta1StorageClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  provisioner: string;
  parameters?: Record<string, string>;
  reclaimPolicy?: string;
  mountOptions?: string[];
  allowVolumeExpansion?: boolean;
  volumeBindingMode?: string;
  allowedTopologies?: TopologySelectorTerm[];
}

/** io.k8s.api.storage.v1beta1.StorageClassList */
export interface StorageV1beta1StorageClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1beta1StorageClass[];
}

/** io.k8s.api.storage.v1beta1.TokenRequest */
export interface StorageV1beta1TokenRequest {
  audience: string;
  expirationSeconds?: number;
}

/** io.k8s.api.storage.v1beta1.VolumeAttachment */
export interface StorageV1beta1VolumeAttachment {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: StorageV1beta1VolumeAttachmentSpec;
  status?: StorageV1beta1VolumeAttachmentStatus;
}

/** io.k8s.api.storage.v1beta1.VolumeAttachmentList */
export interface StorageV1beta1VolumeAttachmentList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1beta1VolumeAttachment[];
}

/** io.k8s.api.storage.v1beta1.VolumeAttachmentSource */
export interface StorageV1beta1VolumeAttachmentSource {
  persistentVolumeName?: string;
  inlineVolumeSpec?: PersistentVolumeSpec;
}

/** io.k8s.api.storage.v1beta1.VolumeAttachmentSpec */
export interface StorageV1beta1VolumeAttachmentSpec {
  attacher: string;
  source: StorageV1beta1VolumeAttachmentSource;
  nodeName: string;
}

/** io.k8s.api.storage.v1beta1.VolumeAttachmentStatus */
export interface StorageV1beta1VolumeAttachmentStatus {
  attached: boolean;
  attachmentMetadata?: Record<string, string>;
  attachError?: StorageV1beta1VolumeError;
  detachError?: StorageV1beta1VolumeError;
}

/** io.k8s.api.storage.v1beta1.VolumeAttributesClass */
export interface StorageV1beta1VolumeAttributesClass {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  driverName: string;
  parameters?: Record<string, string>;
}

/** io.k8s.api.storage.v1beta1.VolumeAttributesClassList */
export interface StorageV1beta1VolumeAttributesClassList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageV1beta1VolumeAttributesClass[];
}

/** io.k8s.api.storage.v1beta1.VolumeError */
export interface StorageV1beta1VolumeError {
  time?: Time;
  message?: string;
  errorCode?: number;
}

/** io.k8s.api.storage.v1beta1.VolumeNodeResources */
export interface StorageV1beta1VolumeNodeResources {
  count?: number;
}

/** io.k8s.api.storagemigration.v1beta1.StorageVersionMigration */
export interface StorageVersionMigration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: StorageVersionMigrationSpec;
  status?: StorageVersionMigrationStatus;
}

/** io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationList */
export interface StorageVersionMigrationList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: StorageVersionMigration[];
}

/** io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationSpec */
export interface StorageVersionMigrationSpec {
  resource: GroupResource;
}

/** io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationStatus */
export interface StorageVersionMigrationStatus {
  conditions?: Condition[];
  resourceVersion?: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionRequest */
export interface ConversionRequest {
  uid: string;
  desiredAPIVersion: string;
  objects: RawExtension[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionResponse */
export interface ConversionResponse {
  uid: string;
  convertedObjects: RawExtension[];
  result: Status;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionReview */
export interface ConversionReview {
  apiVersion?: string;
  kind?: string;
  request?: ConversionRequest;
  response?: ConversionResponse;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition */
export interface CustomResourceColumnDefinition {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion */
export interface CustomResourceConversion {
  strategy: string;
  webhook?: WebhookConversion;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition */
export interface CustomResourceDefinition {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CustomResourceDefinitionSpec;
  status?: CustomResourceDefinitionStatus;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition */
export interface CustomResourceDefinitionCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionList */
export interface CustomResourceDefinitionList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: CustomResourceDefinition[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames */
export interface CustomResourceDefinitionNames {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec */
export interface CustomResourceDefinitionSpec {
  group: string;
  names: CustomResourceDefinitionNames;
  scope: string;
  versions: CustomResourceDefinitionVersion[];
  conversion?: CustomResourceConversion;
  preserveUnknownFields?: boolean;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus */
export interface CustomResourceDefinitionStatus {
  conditions?: CustomResourceDefinitionCondition[];
  acceptedNames?: CustomResourceDefinitionNames;
  storedVersions?: string[];
  observedGeneration?: number;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion */
export interface CustomResourceDefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: CustomResourceValidation;
  subresources?: CustomResourceSubresources;
  additionalPrinterColumns?: CustomResourceColumnDefinition[];
  selectableFields?: SelectableField[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale */
export interface CustomResourceSubresourceScale {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus */
export interface CustomResourceSubresourceStatus {}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources */
export interface CustomResourceSubresources {
  status?: CustomResourceSubresourceStatus;
  scale?: CustomResourceSubresourceScale;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation */
export interface CustomResourceValidation {
  openAPIV3Schema?: JSONSchemaProps;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation */
export interface ExternalDocumentation {
  description?: string;
  url?: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps */
export interface JSONSchemaProps {
  id?: string;
  $schema?: string;
  $ref?: string;
  description?: string;
  type?: string;
  format?: string;
  title?: string;
  default?: unknown;
  maximum?: number;
  exclusiveMaximum?: boolean;
  minimum?: number;
  exclusiveMinimum?: boolean;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  multipleOf?: number;
  enum?: unknown[];
  maxProperties?: number;
  minProperties?: number;
  required?: string[];
  items?: JSONSchemaPropsOrArray;
  allOf?: JSONSchemaProps[];
  oneOf?: JSONSchemaProps[];
  anyOf?: JSONSchemaProps[];
  not?: JSONSchemaProps;
  properties?: Record<string, JSONSchemaProps>;
  additionalProperties?: JSONSchemaPropsOrBool;
  patternProperties?: Record<string, JSONSchemaProps>;
  dependencies?: Record<string, JSONSchemaPropsOrStringArray>;
  additionalItems?: JSONSchemaPropsOrBool;
  definitions?: Record<string, JSONSchemaProps>;
  externalDocs?: ExternalDocumentation;
  example?: unknown;
  nullable?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray */
export type JSONSchemaPropsOrArray = JSONSchemaProps | JSONSchemaProps[];

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool */
export type JSONSchemaPropsOrBool = boolean | JSONSchemaProps;

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray */
export type JSONSchemaPropsOrStringArray = JSONSchemaProps | string[];

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField */
export interface SelectableField {
  jsonPath: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference */
export interface ApiextensionsV1ServiceReference {
  namespace: string;
  name: string;
  path?: string;
  port?: number;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig */
export interface ApiextensionsV1WebhookClientConfig {
  url?: string;
  service?: ApiextensionsV1ServiceReference;
  caBundle?: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion */
export interface WebhookConversion {
  clientConfig?: ApiextensionsV1WebhookClientConfig;
  conversionReviewVersions: string[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.ConversionRequest */
export interface ApiextensionsV1beta1ConversionRequest {
  uid: string;
  desiredAPIVersion: string;
  objects: RawExtension[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.ConversionResponse */
export interface ApiextensionsV1beta1ConversionResponse {
  uid: string;
  convertedObjects: RawExtension[];
  result: Status;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.ConversionReview */
export interface ApiextensionsV1beta1ConversionReview {
  apiVersion?: string;
  kind?: string;
  request?: ApiextensionsV1beta1ConversionRequest;
  response?: ApiextensionsV1beta1ConversionResponse;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceColumnDefinition */
export interface ApiextensionsV1beta1CustomResourceColumnDefinition {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  JSONPath: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceConversion */
export interface ApiextensionsV1beta1CustomResourceConversion {
  strategy: string;
  webhookClientConfig?: ApiextensionsV1beta1WebhookClientConfig;
  conversionReviewVersions?: string[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinition */
export interface ApiextensionsV1beta1CustomResourceDefinition {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: ApiextensionsV1beta1CustomResourceDefinitionSpec;
  status?: ApiextensionsV1beta1CustomResourceDefinitionStatus;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionCondition */
export interface ApiextensionsV1beta1CustomResourceDefinitionCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionList */
export interface ApiextensionsV1beta1CustomResourceDefinitionList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ApiextensionsV1beta1CustomResourceDefinition[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionNames */
export interface ApiextensionsV1beta1CustomResourceDefinitionNames {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionSpec */
export interface ApiextensionsV1beta1CustomResourceDefinitionSpec {
  group: string;
  version?: string;
  names: ApiextensionsV1beta1CustomResourceDefinitionNames;
  scope: string;
  validation?: ApiextensionsV1beta1CustomResourceValidation;
  subresources?: ApiextensionsV1beta1CustomResourceSubresources;
  versions?: ApiextensionsV1beta1CustomResourceDefinitionVersion[];
  additionalPrinterColumns?: ApiextensionsV1beta1CustomResourceColumnDefinition[];
  selectableFields?: ApiextensionsV1beta1SelectableField[];
  conversion?: ApiextensionsV1beta1CustomResourceConversion;
  preserveUnknownFields?: boolean;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionStatus */
export interface ApiextensionsV1beta1CustomResourceDefinitionStatus {
  conditions?: ApiextensionsV1beta1CustomResourceDefinitionCondition[];
  acceptedNames?: ApiextensionsV1beta1CustomResourceDefinitionNames;
  storedVersions?: string[];
  observedGeneration?: number;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceDefinitionVersion */
export interface ApiextensionsV1beta1CustomResourceDefinitionVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: ApiextensionsV1beta1CustomResourceValidation;
  subresources?: ApiextensionsV1beta1CustomResourceSubresources;
  additionalPrinterColumns?: ApiextensionsV1beta1CustomResourceColumnDefinition[];
  selectableFields?: ApiextensionsV1beta1SelectableField[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceSubresourceScale */
export interface ApiextensionsV1beta1CustomResourceSubresourceScale {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceSubresourceStatus */
export interface ApiextensionsV1beta1CustomResourceSubresourceStatus {}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceSubresources */
export interface ApiextensionsV1beta1CustomResourceSubresources {
  status?: ApiextensionsV1beta1CustomResourceSubresourceStatus;
  scale?: ApiextensionsV1beta1CustomResourceSubresourceScale;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.CustomResourceValidation */
export interface ApiextensionsV1beta1CustomResourceValidation {
  openAPIV3Schema?: ApiextensionsV1beta1JSONSchemaProps;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.ExternalDocumentation */
export interface ApiextensionsV1beta1ExternalDocumentation {
  description?: string;
  url?: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaProps */
export interface ApiextensionsV1beta1JSONSchemaProps {
  id?: string;
  $schema?: string;
  $ref?: string;
  description?: string;
  type?: string;
  format?: string;
  title?: string;
  default?: unknown;
  maximum?: number;
  exclusiveMaximum?: boolean;
  minimum?: number;
  exclusiveMinimum?: boolean;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  multipleOf?: number;
  enum?: unknown[];
  maxProperties?: number;
  minProperties?: number;
  required?: string[];
  items?: ApiextensionsV1beta1JSONSchemaPropsOrArray;
  allOf?: ApiextensionsV1beta1JSONSchemaProps[];
  oneOf?: ApiextensionsV1beta1JSONSchemaProps[];
  anyOf?: ApiextensionsV1beta1JSONSchemaProps[];
  not?: ApiextensionsV1beta1JSONSchemaProps;
  properties?: Record<string, ApiextensionsV1beta1JSONSchemaProps>;
  additionalProperties?: ApiextensionsV1beta1JSONSchemaPropsOrBool;
  patternProperties?: Record<string, ApiextensionsV1beta1JSONSchemaProps>;
  dependencies?: Record<string, ApiextensionsV1beta1JSONSchemaPropsOrStringArray>;
  additionalItems?: ApiextensionsV1beta1JSONSchemaPropsOrBool;
  definitions?: Record<string, ApiextensionsV1beta1JSONSchemaProps>;
  externalDocs?: ApiextensionsV1beta1ExternalDocumentation;
  example?: unknown;
  nullable?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ApiextensionsV1beta1ValidationRule[];
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrArray */
export type ApiextensionsV1beta1JSONSchemaPropsOrArray = ApiextensionsV1beta1JSONSchemaProps | ApiextensionsV1beta1JSONSchemaProps[];

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrBool */
export type ApiextensionsV1beta1JSONSchemaPropsOrBool = boolean | ApiextensionsV1beta1JSONSchemaProps;

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrStringArray */
export type ApiextensionsV1beta1JSONSchemaPropsOrStringArray = ApiextensionsV1beta1JSONSchemaProps | string[];

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.SelectableField */
export interface ApiextensionsV1beta1SelectableField {
  jsonPath: string;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.ServiceReference */
export interface ApiextensionsV1beta1ServiceReference {
  namespace: string;
  name: string;
  path?: string;
  port?: number;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.ValidationRule */
export interface ApiextensionsV1beta1ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.WebhookClientConfig */
export interface ApiextensionsV1beta1WebhookClientConfig {
  url?: string;
  service?: ApiextensionsV1beta1ServiceReference;
  caBundle?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup */
export interface APIGroup {
  apiVersion?: string;
  kind?: string;
  name: string;
  versions: GroupVersionForDiscovery[];
  preferredVersion?: GroupVersionForDiscovery;
  serverAddressByClientCIDRs?: ServerAddressByClientCIDR[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList */
export interface APIGroupList {
  apiVersion?: string;
  kind?: string;
  groups: APIGroup[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.APIResource */
export interface APIResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  storageVersionHash?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList */
export interface APIResourceList {
  apiVersion?: string;
  kind?: string;
  groupVersion: string;
  resources: APIResource[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions */
export interface APIVersions {
  apiVersion?: string;
  kind?: string;
  versions: string[];
  serverAddressByClientCIDRs: ServerAddressByClientCIDR[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ApplyOptions */
export interface ApplyOptions {
  dryRun?: string[];
  force: boolean;
  fieldManager: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.Condition */
export interface Condition {
  type: string;
  status: string;
  observedGeneration?: number;
  lastTransitionTime: Time;
  reason: string;
  message: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions */
export interface CreateOptions {
  apiVersion?: string;
  kind?: string;
  dryRun?: string[];
  fieldManager?: string;
  fieldValidation?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions */
export interface DeleteOptions {
  apiVersion?: string;
  kind?: string;
  gracePeriodSeconds?: number;
  preconditions?: Preconditions;
  orphanDependents?: boolean;
  propagationPolicy?: string;
  dryRun?: string[];
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement */
export interface FieldSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions */
export interface GetOptions {
  apiVersion?: string;
  kind?: string;
  resourceVersion?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GroupKind */
export interface GroupKind {
  group: string;
  kind: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource */
export interface GroupResource {
  group: string;
  resource: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersion */
export interface GroupVersion {
  group: string;
  version: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery */
export interface GroupVersionForDiscovery {
  groupVersion: string;
  version: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionKind */
export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionResource */
export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement */
export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.List */
export interface MetaV1List {
  metadata?: ListMeta;
  items: RawExtension[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta */
export interface ListMeta {
  selfLink?: string;
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
  shardInfo?: ShardInfo;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions */
export interface ListOptions {
  apiVersion?: string;
  kind?: string;
  labelSelector?: string;
  fieldSelector?: string;
  watch?: boolean;
  allowWatchBookmarks?: boolean;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  timeoutSeconds?: number;
  limit?: number;
  continue?: string;
  sendInitialEvents?: boolean;
  shardSelector?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: Time;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: Time;
  deletionTimestamp?: Time;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata */
export interface PartialObjectMetadata {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList */
export interface PartialObjectMetadataList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PartialObjectMetadata[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.Patch */
export interface Patch {}

/** io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions */
export interface PatchOptions {
  apiVersion?: string;
  kind?: string;
  dryRun?: string[];
  force?: boolean;
  fieldManager?: string;
  fieldValidation?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions */
export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.RootPaths */
export interface RootPaths {
  paths: string[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR */
export interface ServerAddressByClientCIDR {
  clientCIDR: string;
  serverAddress: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo */
export interface ShardInfo {
  selector: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.Status */
export interface Status {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  status?: string;
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.Table */
export interface Table {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  columnDefinitions: TableColumnDefinition[];
  rows: TableRow[];
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition */
export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.TableOptions */
export interface TableOptions {
  apiVersion?: string;
  kind?: string;
  includeObject?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.TableRow */
export interface TableRow {
  cells: unknown[];
  conditions?: TableRowCondition[];
  object?: RawExtension;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition */
export interface TableRowCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions */
export interface UpdateOptions {
  apiVersion?: string;
  kind?: string;
  dryRun?: string[];
  fieldManager?: string;
  fieldValidation?: string;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent */
export interface WatchEvent {
  type: string;
  object: RawExtension;
}

/** io.k8s.apimachinery.pkg.apis.meta.v1beta1.PartialObjectMetadataList */
export interface MetaV1beta1PartialObjectMetadataList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: PartialObjectMetadata[];
}

/** io.k8s.apimachinery.pkg.version.Info */
export interface Info {
  major: string;
  minor: string;
  emulationMajor?: string;
  emulationMinor?: string;
  minCompatibilityMajor?: string;
  minCompatibilityMinor?: string;
  gitVersion: string;
  gitCommit: string;
  gitTreeState: string;
  buildDate: string;
  goVersion: string;
  compiler: string;
  platform: string;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService */
export interface APIService {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: APIServiceSpec;
  status?: APIServiceStatus;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition */
export interface APIServiceCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceList */
export interface APIServiceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: APIService[];
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec */
export interface APIServiceSpec {
  service?: ApiregistrationV1ServiceReference;
  group?: string;
  version?: string;
  insecureSkipTLSVerify?: boolean;
  caBundle?: string;
  groupPriorityMinimum: number;
  versionPriority: number;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus */
export interface APIServiceStatus {
  conditions?: APIServiceCondition[];
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference */
export interface ApiregistrationV1ServiceReference {
  namespace?: string;
  name?: string;
  port?: number;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIService */
export interface ApiregistrationV1beta1APIService {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: ApiregistrationV1beta1APIServiceSpec;
  status?: ApiregistrationV1beta1APIServiceStatus;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIServiceCondition */
export interface ApiregistrationV1beta1APIServiceCondition {
  type: string;
  status: string;
  lastTransitionTime?: Time;
  reason?: string;
  message?: string;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIServiceList */
export interface ApiregistrationV1beta1APIServiceList {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: ApiregistrationV1beta1APIService[];
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIServiceSpec */
export interface ApiregistrationV1beta1APIServiceSpec {
  service?: ApiregistrationV1beta1ServiceReference;
  group?: string;
  version?: string;
  insecureSkipTLSVerify?: boolean;
  caBundle?: string;
  groupPriorityMinimum: number;
  versionPriority: number;
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.APIServiceStatus */
export interface ApiregistrationV1beta1APIServiceStatus {
  conditions?: ApiregistrationV1beta1APIServiceCondition[];
}

/** io.k8s.kube-aggregator.pkg.apis.apiregistration.v1beta1.ServiceReference */
export interface ApiregistrationV1beta1ServiceReference {
  namespace?: string;
  name?: string;
  port?: number;
}
