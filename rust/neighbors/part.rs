//! Some rows of a matrix at hand: placed, put in order, and coded.

use rayon::prelude::*;

use super::arrange::{arrange, mean};
use super::axes::Axes;
use super::element::Element;
use super::matrix::{Matrix, Rows};
use super::placed::Placed;
use super::plan::Plan;
use super::space::Space;
use super::tiles::{Coordinates, TILE, Tile};
use crate::{Control, Result};

/// Rows of training or query matrix, as many as there is room for.
pub struct Part<'a, T> {
    pub matrix: Matrix<'a, T>,
    capacity: usize,
    axes: Option<&'a Axes>,
    /// Coordinates in the first bound.
    coordinates: usize,
    /// The first row, where there are rows.
    pub first: Option<usize>,
    pub count: usize,
    /// The rows themselves, where the matrix has them scattered.
    room: Vec<T>,
    pub placed: Placed,
    /// Which row (counted from the first) stands in which place.
    pub order: Vec<u32>,
    pub tiles: Vec<Tile>,
    /// The middle of each tile.
    pub means: Vec<Vec<f32>>,
}

impl<'a, T: Element> Part<'a, T> {
    pub fn new(matrix: Matrix<'a, T>, capacity: usize, plan: &'a Plan) -> Self {
        Self {
            matrix,
            capacity,
            axes: plan.axes.as_ref(),
            coordinates: plan.coordinates(),
            first: None,
            count: 0,
            room: Vec::new(),
            placed: Placed::new(plan.axes.as_ref()),
            order: Vec::new(),
            tiles: Vec::new(),
            means: Vec::new(),
        }
    }

    /// Take the rows from `first` on.
    pub fn fill(
        &mut self,
        space: &Space,
        plan: &Plan,
        first: usize,
        control: &Control,
    ) -> Result<()> {
        self.count = self.capacity.min(self.matrix.rows() - first);
        let rows = self
            .matrix
            .part(first, self.count, &mut self.room, control)?;
        let axes = self.axes.map(|axes| (axes, plan.first));
        self.placed.fill(space, axes, rows, self.count, control)?;
        self.first = Some(first);
        Ok(())
    }

    /// The rows as they are.
    pub fn rows(&self) -> Rows<'_, T> {
        if self.matrix.scattered() {
            return Rows::new(&self.room, self.matrix.width());
        }
        let first = self.first.expect("rows have been filled in");
        self.matrix.whole(first, self.count)
    }

    /// Put near rows near each other, in runs of `leaf`.
    pub fn put_in_order(&mut self, leaf: usize, control: &Control) -> Result<()> {
        if self.axes.is_none() {
            self.order = (0..self.count as u32).collect();
            return Ok(());
        }
        let Placed {
            leading, leaders, ..
        } = &self.placed;
        self.order = arrange(leading, *leaders, leaf, control)?;
        self.placed.reorder(&self.order);
        control.go_on()
    }

    pub fn make_tiles(&mut self, space: &Space, control: &Control) -> Result<()> {
        let from = self.coordinates(space);
        let made: Vec<(Tile, Vec<f32>)> = (0..self.count.div_ceil(TILE))
            .into_par_iter()
            .map(|tile| {
                let places = tile * TILE..self.count.min((tile + 1) * TILE);
                Ok((
                    Tile::new(&from, places.clone(), control)?,
                    self.mean(places),
                ))
            })
            .collect::<Result<_>>()?;
        (self.tiles, self.means) = made.into_iter().unzip();
        Ok(())
    }

    /// The middle of the rows in some places.
    pub fn mean(&self, places: std::ops::Range<usize>) -> Vec<f32> {
        mean(
            &self.placed.leading,
            self.placed.leaders,
            &self.order[places],
        )
    }

    pub fn coordinates<'b>(&'b self, space: &'b Space) -> Coordinates<'b, T> {
        Coordinates {
            space,
            placed: &self.placed,
            rows: self.rows(),
            order: &self.order,
            count: self.coordinates,
        }
    }
}
