//! What a client asks the collector for.

use crate::reference::{ObjectKind, Ref};

/// Which objects, and which of their properties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterSpec {
    /// Where to begin.
    pub objects: Vec<ObjectSpec>,
    /// What to read.
    pub properties: Vec<PropertySpec>,
}

impl FilterSpec {
    /// These properties of one object.
    pub fn of(object: Ref, paths: &[&str]) -> Self {
        Self {
            objects: vec![ObjectSpec::only(object)],
            properties: vec![PropertySpec::new(&format!("{:?}", object.kind), paths)],
        }
    }

    /// These properties of the machines in a folder.
    pub fn machines_in(folder: Ref, paths: &[&str]) -> Self {
        Self::machines_behind(folder, ObjectKind::Folder, "childEntity", paths)
    }

    /// These properties of the machines in a list view.
    pub fn machines_of_view(view: Ref, paths: &[&str]) -> Self {
        Self::machines_behind(view, ObjectKind::ListView, "view", paths)
    }

    fn machines_behind(root: Ref, kind: ObjectKind, path: &str, paths: &[&str]) -> Self {
        let select = vec![Selection::Traversal { name: None, kind, path: path.into(), select: Vec::new() }];
        Self {
            objects: vec![ObjectSpec { object: root, skip: true, select }],
            properties: vec![PropertySpec::new("VirtualMachine", paths)],
        }
    }

    /// The paths to read of an object of this kind; every path that was asked for, in the order asked.
    pub(crate) fn paths(&self, kind: ObjectKind) -> Vec<String> {
        let matching = self.properties.iter().filter(|spec| kind.is_named(&spec.kind));
        matching.flat_map(|spec| spec.paths.iter().cloned()).collect()
    }
}

/// An object to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSpec {
    /// The object.
    pub object: Ref,
    /// Leave out the object itself.
    pub skip: bool,
    /// Where to go on from it.
    pub select: Vec<Selection>,
}

impl ObjectSpec {
    /// The object itself and nothing behind it.
    pub fn only(object: Ref) -> Self {
        Self { object, skip: false, select: Vec::new() }
    }
}

/// Where to go on from an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// To the objects that a property names.
    Traversal {
        /// The traversal's name, for others to refer to.
        name: Option<String>,
        /// The type of object that this goes on from.
        kind: ObjectKind,
        /// The property.
        path: String,
        /// Where to go on from those.
        select: Vec<Selection>,
    },
    /// As the traversal of this name does.
    Named(String),
}

/// Which properties to read of objects of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertySpec {
    /// The type, or `ManagedEntity` for anything in the inventory.
    pub kind: String,
    /// The paths.
    pub paths: Vec<String>,
}

impl PropertySpec {
    /// These paths of objects of this type.
    pub fn new(kind: &str, paths: &[&str]) -> Self {
        Self { kind: kind.into(), paths: paths.iter().map(|path| (*path).to_owned()).collect() }
    }
}
